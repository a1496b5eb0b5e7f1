#include <algorithm>
#include <map>

#include "daemon/core/reload_plan.h"
#include "lib/base/text.h"

namespace troupe::core {

void World::reload_config(const conf::Plan& plan, const std::vector<conf::WatcherConfig>& watchers,
                          Ticket ticket, Instant now) {
  Turn t = turn(now);
  if (auto no = refusal()) {
    common_.tickets.fail(t, ticket, *std::move(no));
    return;
  }
  const std::string what = summary(plan);
  t.note(Note::Level::info, "reloadconfig: " + (what.empty() ? "no watcher changed" : what));
  std::map<std::string, const conf::WatcherConfig*> configs;
  for (const conf::WatcherConfig& config : watchers) configs.emplace(to_lower(config.name), &config);
  // One part is ours, so that nobody is answered before everything is begun.
  const Ticket each =
      common_.tickets.make_group(t, {ticket}, plan.watchers.size() + 1, conf::shown_plan(plan));
  std::vector<WatcherId> starts;
  for (const conf::Change& change : plan.watchers) {
    const std::string name = to_lower(change.name);
    if (change.kind == conf::Change::Kind::added) {
      add_planned(t, *configs.at(name), each, starts);
      continue;
    }
    Watcher& watcher = *by_name_.at(name);
    switch (change.kind) {
      case conf::Change::Kind::removed:
        remove(watcher.id(), true, each, now);
        break;
      case conf::Change::Kind::resized:
        resize_planned(watcher, *configs.at(name), each, now);
        break;
      default:
        change_planned(t, change, watcher, *configs.at(name), each);
        break;
    }
  }
  start_in_order(t, std::move(starts), each);
  common_.tickets.settle(t, each, Value());
  after_input(t);
}

void World::add_planned(Turn& turn, const conf::WatcherConfig& config, Ticket each,
                        std::vector<WatcherId>& starts) {
  const auto added = add(config, true, turn.now);
  if (!added) {
    common_.tickets.fail(turn, each, added.error());
  } else if (config.autostart && !get(*added)->unable()) {
    starts.push_back(*added);
  } else {
    common_.tickets.settle(turn, each, Value());
  }
}

/// What was set since the start of the daemon stays.
void World::resize_planned(Watcher& watcher, const conf::WatcherConfig& config, Ticket each, Instant now) {
  conf::WatcherConfig current = watcher.config();
  current.numprocesses = config.numprocesses;
  const WatcherId id = watcher.id();
  update(id, std::move(current), 1, false, each, now);
  if (Watcher* still = get(id)) still->set_given(config);
}

/// The section counts as a whole from now on, also against what was set. One that was stopped by hand is
/// started by its autostart, as in Circus; one that is up stays up.
void World::change_planned(Turn& turn, const conf::Change& change, Watcher& watcher,
                           const conf::WatcherConfig& config, Ticket each) {
  const WatcherId id = watcher.id();
  const int keys = static_cast<int>(std::max<std::size_t>(change.options.size(), 1));
  if (change.apply == conf::Apply::live && is_live_change(watcher.config(), config)) {
    update(id, config, keys, false, each, turn.now);
    if (Watcher* still = get(id)) still->set_given(config);
    return;
  }
  for (int i = 0; i < keys; ++i) turn.publish(topic_prefix(watcher.name()), "updated");
  const bool waits =
      std::any_of(starts_.begin(), starts_.end(), [&](const Start& s) { return s.watcher == id; });
  drop_joint(turn, {id}, "reloadconfig");
  Operation replace{Operation::Kind::replace, each};
  replace.of_change = true;
  replace.starts = config.error.empty() && (config.autostart || watcher.wanted() || waits);
  replace.config = std::make_shared<conf::WatcherConfig>(config);
  watcher.run(turn, std::move(replace));
}

}  // namespace troupe::core
