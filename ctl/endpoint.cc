#include "ctl/endpoint.h"

#include <string_view>

#include "ctl/table.h"
#include "lib/api/circus.h"
#include "lib/api/run_dir.h"

namespace troupe::ctl {

namespace {

struct Tried {
  std::string place;
  std::string why;
};

Error nobody(const std::vector<Tried>& tried) {
  Table table({{}, {}, {}});
  for (const Tried& row : tried) table.add({"", printable(row.place), printable(row.why)});
  return make_error(Code::not_found,
                    "no daemon found. Tried:\n" + table.text(false) +
                        "Start one with `trouped FILE`, or name its endpoint with --endpoint.");
}

/// What the user named: there is no second choice.
Result<std::string> named(const std::string& endpoint, const Surroundings& around) {
  const std::string why = around.listens(endpoint);
  if (!why.empty()) return make_error(Code::not_found, printable(endpoint) + ": " + why);
  return endpoint;
}

}  // namespace

Result<std::string> find_endpoint(const Settings& settings, const Surroundings& around) {
  if (settings.endpoint) return named(*settings.endpoint, around);
  std::vector<Tried> tried{{"--endpoint", "not given"}};
  if (settings.name.empty()) {
    if (!around.troupe_endpoint.empty()) return named(around.troupe_endpoint, around);
    if (!around.circusctl_endpoint.empty()) return named(around.circusctl_endpoint, around);
    tried.push_back({"TROUPE_ENDPOINT", "not set"});
    tried.push_back({"CIRCUSCTL_ENDPOINT", "not set"});
  }
  std::vector<std::string> places;
  const auto add_folder = [&](unsigned uid) {
    places.push_back("ipc://" + api::run_dir(uid, around.xdg_runtime_dir, settings.name) + "/" +
                     std::string(api::control_socket));
  };
  add_folder(around.uid);
  if (around.uid != 0) add_folder(0);
  if (settings.name.empty()) places.emplace_back(api::circus_endpoint);
  for (const std::string& place : places) {
    std::string why = around.probe(place);
    if (why.empty()) return place;
    tried.push_back({place, std::move(why)});
  }
  return nobody(tried);
}

}  // namespace troupe::ctl
