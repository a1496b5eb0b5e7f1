#include <algorithm>

#include "daemon/core/world.h"

namespace troupe::core {

void World::on_timer(const TimerKey& key, Instant now) {
  Turn t = turn(now);
  switch (key.kind) {
    case TimerKey::Kind::world:
      end_pause(t, key);
      break;
    case TimerKey::Kind::watcher:
      if (Watcher* watcher = get(static_cast<WatcherId>(key.id))) watcher->on_timer(t);
      break;
    case TimerKey::Kind::hook:
      if (Watcher* watcher = get(static_cast<WatcherId>(key.id))) watcher->on_hook_timer(t);
      break;
    case TimerKey::Kind::slot:
      if (const auto found = common_.slots.find(key.id); found != common_.slots.end()) {
        if (Watcher* watcher = get(found->second)) watcher->on_slot_timer(t, key.id);
      }
      break;
  }
  after_input(t);
}

// ---- sockets, and watchers that wait for them

void World::set_sockets(ManagedSockets sockets, Instant now) {
  Turn t = turn(now);
  common_.sockets = std::move(sockets);
  for (const auto& [id, watcher] : watchers_) watcher->on_sockets_changed(t);
  after_input(t);
}

void World::watch_sockets(Turn& turn) {
  if (!std::exchange(common_.awaited_changed, false)) return;
  std::set<std::string> wanted;
  for (const auto& [id, names] : common_.awaited) wanted.insert(names.begin(), names.end());
  for (const std::string& name : watched_sockets_) {
    if (wanted.count(name) == 0) turn.emit(WatchSocket{name, false});
  }
  for (const std::string& name : wanted) {
    if (watched_sockets_.count(name) == 0) turn.emit(WatchSocket{name, true});
  }
  watched_sockets_ = std::move(wanted);
}

void World::on_socket_ready(const std::string& name, Instant now) {
  if (watched_sockets_.erase(name) == 0) return;  // nobody waits any more
  common_.awaited_changed = true;
  Turn t = turn(now);
  std::vector<WatcherId> wanted;
  for (const auto& [id, names] : common_.awaited) {
    if (std::find(names.begin(), names.end(), name) != names.end()) wanted.push_back(id);
  }
  for (const WatcherId id : wanted) get(id)->start_by_demand(t, name);
  after_input(t);
}

// ---- the end, or a new beginning

void World::stop_for_good(Turn& turn, bool plugins) {
  for (const auto& [id, watcher] : watchers_) {
    // What a change on its way makes one of the others may not be left out by both rounds.
    const bool is_plugin = watcher->config().plugin && watcher->given().plugin;
    if (is_plugin == plugins) watcher->run(turn, Operation{Operation::Kind::stop});
  }
}

void World::restart_all(Ticket ticket, Instant now) {
  Turn t = turn(now);
  if (life_ == Life::quitting) {
    common_.tickets.fail(t, ticket, *refusal());
    return;
  }
  life_tickets_.push_back(ticket);
  if (life_ == Life::restarting) return;
  life_ = Life::restarting;
  come_back_.clear();
  std::set<WatcherId> to_come;
  for (const Start& start : starts_) to_come.insert(start.watcher);
  for (const auto& [id, watcher] : watchers_) {
    if (present(id) && (watcher->wanted() || to_come.count(id) > 0)) come_back_.push_back(id);
  }
  drop_all_joint(t);
  plugins_stopping_ = reread_asked_ = false;
  stop_for_good(t, false);
  after_input(t);
}

void World::quit(Ticket ticket, Instant now) {
  Turn t = turn(now);
  if (quit_said_) {
    common_.tickets.settle(t, ticket, Value());
    return;
  }
  if (life_ == Life::restarting) {
    for (const Ticket caller : std::exchange(life_tickets_, {})) {
      common_.tickets.fail(t, caller, make_error(Code::failed, "the restart was ended by a stop"));
    }
  }
  life_tickets_.push_back(ticket);
  if (life_ == Life::quitting) return;
  life_ = Life::quitting;
  drop_all_joint(t);
  plugins_stopping_ = false;
  stop_for_good(t, false);
  after_input(t);
}

void World::hurry(Instant now) {
  if (life_ != Life::quitting) return;
  Turn t = turn(now);
  if (!plugins_stopping_) {
    plugins_stopping_ = true;
    stop_for_good(t, true);
  }
  for (const auto& [id, watcher] : watchers_) watcher->hurry(t);
  after_input(t);
}

void World::on_reread(Result<std::vector<conf::WatcherConfig>> configs, Instant now) {
  if (life_ != Life::restarting || !reread_asked_) return;
  Turn t = turn(now);
  life_ = Life::running;
  reread_asked_ = false;
  std::vector<Ticket> callers = std::exchange(life_tickets_, {});
  std::vector<WatcherId> to_start = std::exchange(come_back_, {});
  if (configs) {
    replace_watchers(t, *std::move(configs));
    to_start = autostarted();
  } else {
    t.note(Note::Level::error, "the configuration is not used: " + configs.error().text);
    for (const Ticket caller : std::exchange(callers, {})) common_.tickets.fail(t, caller, configs.error());
  }
  run_group(t, std::move(to_start), Operation{Operation::Kind::start}, std::move(callers));
}

void World::replace_watchers(Turn& turn, std::vector<conf::WatcherConfig> configs) {
  for (const auto& [id, watcher] : watchers_) watcher->clear_timers(turn);
  removed_.clear();
  by_name_.clear();
  watchers_.clear();
  for (conf::WatcherConfig& config : configs) {
    if (auto added = add(std::move(config), false, turn.now); !added) {
      turn.note(Note::Level::error, added.error().text);
    }
  }
}

}  // namespace troupe::core
