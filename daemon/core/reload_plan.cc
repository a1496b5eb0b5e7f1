#include "daemon/core/reload_plan.h"

#include "lib/conf/problem.h"

namespace troupe::core {

namespace {

/// Under [circus] a watcher with a bad option is only left out. One that runs is not to be lost by a slip of
/// the pen, so it counts as an error here, unless it had that error before.
std::string new_errors(const World& world, const conf::Config& now) {
  std::string text;
  for (const conf::WatcherConfig& config : now.watchers) {
    if (config.error.empty()) continue;
    const Watcher* known = world.find(config.name);
    if (known && known->given().error == config.error) continue;
    if (!text.empty()) text += "; ";
    text += conf::place(config.origin) + ": " + config.name + ": " + config.error;
  }
  return text;
}

std::string words(const conf::Change& change) {
  std::string text = change.name;
  if (change.kind != conf::Change::Kind::changed) return text;
  std::string why;
  for (const std::string& option : change.options) why += (why.empty() ? "" : ", ") + option;
  for (const std::string& socket : change.sockets) why += (why.empty() ? "socket " : ", socket ") + socket;
  return text + " (" + why + ")";
}

}  // namespace

Result<conf::Plan> make_reload_plan(const World& world, const NewConfig& config) {
  if (std::string errors = new_errors(world, config.now); !errors.empty()) {
    return make_error(Code::refused, std::move(errors));
  }
  conf::Config before = config.before;
  before.watchers.clear();
  for (const Watcher* watcher : world.watchers()) before.watchers.push_back(watcher->given());
  conf::Plan plan = conf::diff(before, config.now);
  conf::Config started, now;
  started.arbiter = config.started;
  now.arbiter = config.now.arbiter;
  plan.restarts = conf::diff(started, now).restarts;
  return plan;
}

bool is_live_change(const conf::WatcherConfig& from, const conf::WatcherConfig& to) {
  conf::Config before, after;
  before.watchers.push_back(from);
  after.watchers.push_back(to);
  const conf::Plan plan = conf::diff(before, after);
  return plan.watchers.empty() || plan.watchers.front().apply == conf::Apply::live;
}

std::string summary(const conf::Plan& plan) {
  constexpr std::pair<conf::Change::Kind, std::string_view> kinds[] = {
      {conf::Change::Kind::removed, "removed"},
      {conf::Change::Kind::added, "added"},
      {conf::Change::Kind::changed, "changed"},
      {conf::Change::Kind::resized, "resized"},
  };
  std::string text;
  for (const auto& [kind, verb] : kinds) {
    std::string names;
    for (const conf::Change& change : plan.watchers) {
      if (change.kind == kind) names += (names.empty() ? " " : ", ") + words(change);
    }
    if (!names.empty()) text += (text.empty() ? "" : "; ") + std::string(verb) + names;
  }
  return text;
}

}  // namespace troupe::core
