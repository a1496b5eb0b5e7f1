#include "ctl/endpoint.h"

#include <doctest/doctest.h>

#include <set>

#include "lib/api/run_dir.h"

using namespace troupe;
using namespace troupe::ctl;

namespace {

std::set<std::string> alive;

std::string probe(const std::string& endpoint) {
  return alive.contains(endpoint) ? "" : "No such file or directory";
}

std::string listens(const std::string& endpoint) {
  return endpoint.starts_with("tcp://dead:") ? "nobody listens" : "";
}

Surroundings user() {
  return {.xdg_runtime_dir = "/run/user/1000", .uid = 1000, .listens = listens, .probe = probe};
}

std::string found(const Settings& settings, const Surroundings& around, std::set<std::string> there) {
  alive = std::move(there);
  const auto endpoint = find_endpoint(settings, around);
  return endpoint ? *endpoint : "(none)";
}

constexpr const char* own = "ipc:///run/user/1000/troupe/control";
constexpr const char* root = "ipc:///run/troupe/control";
constexpr const char* tcp = "tcp://127.0.0.1:5555";

}  // namespace

TEST_CASE("the search goes from what was said to what is usual") {
  Surroundings around = user();
  around.troupe_endpoint = "tcp://a:1";
  around.circusctl_endpoint = "tcp://b:1";
  CHECK(found({.endpoint = "tcp://c:1"}, around, {own}) == "tcp://c:1");
  CHECK(found({}, around, {own}) == "tcp://a:1");
  around.troupe_endpoint.clear();
  CHECK(found({}, around, {own}) == "tcp://b:1");
  around.circusctl_endpoint.clear();
  CHECK(found({}, around, {own, root, tcp}) == own);
  CHECK(found({}, around, {root, tcp}) == root);
  CHECK(found({}, around, {tcp}) == tcp);
  CHECK(found({}, around, {}) == "(none)");
}

TEST_CASE("a named daemon is looked for in the folders of that name only") {
  Surroundings around = user();
  around.troupe_endpoint = "tcp://a:1";
  CHECK(found({.name = "blue"}, around, {own, root, tcp, "ipc:///run/troupe/blue/control"}) ==
        "ipc:///run/troupe/blue/control");
  CHECK(found({.name = "blue"}, around, {own, root, tcp}) == "(none)");
}

TEST_CASE("an endpoint that was named and is dead is told, and no other is taken in its place") {
  alive = {own};
  Surroundings by_environment = user();
  by_environment.troupe_endpoint = "tcp://dead:1";
  Surroundings by_circus = user();
  by_circus.circusctl_endpoint = "tcp://dead:1";
  for (const auto& endpoint : {find_endpoint({.endpoint = "tcp://dead:1"}, user()),
                               find_endpoint({}, by_environment), find_endpoint({}, by_circus)}) {
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().text == "tcp://dead:1: nobody listens");
  }
}

TEST_CASE("whoever finds nobody is told everything that was tried") {
  alive.clear();
  const auto endpoint = find_endpoint({}, user());
  REQUIRE_FALSE(endpoint);
  CHECK(endpoint.error().code == Code::not_found);
  for (const char* place : {"--endpoint", "TROUPE_ENDPOINT", "CIRCUSCTL_ENDPOINT", own, root, tcp}) {
    CAPTURE(place);
    CHECK(endpoint.error().text.find(place) != std::string::npos);
  }
}

TEST_CASE("the folder of the endpoints depends on the user") {
  CHECK(api::run_dir(0, "/run/user/0", "") == "/run/troupe");
  CHECK(api::run_dir(1000, "/run/user/1000", "blue") == "/run/user/1000/troupe/blue");
  CHECK(api::run_dir(1000, "", "") == "/tmp/troupe-1000");
  CHECK(api::run_dir(1000, "relative", "") == "/tmp/troupe-1000");
}
