#include "daemon/core/world.h"

#include <algorithm>

#include "lib/base/text.h"

namespace troupe::core {

World::World(Settings settings) : settings_(std::move(settings)), common_(settings_.seed) {
  common_.environment = std::move(settings_.environment);
}

// ---- reading

const Watcher* World::find(std::string_view name) const {
  const auto found = by_name_.find(to_lower(name));
  if (found != by_name_.end()) return found->second;
  for (const auto& [lower, watcher] : by_name_) {
    if (lower.find(' ') != std::string::npos && topic_form(lower) == topic_form(name)) return watcher;
  }
  return nullptr;
}

std::vector<const Watcher*> World::watchers() const {
  std::vector<const Watcher*> result;
  result.reserve(by_name_.size());
  for (const auto& [name, watcher] : by_name_) result.push_back(watcher);
  return result;
}

bool World::settled() const {
  const auto quiet = [](const auto& entry) {
    return entry.second->idle() && entry.second->next_try() == never;
  };
  return common_.spawn_queue.empty() && common_.spawn_queue.in_flight() == 0 &&
         common_.tickets.open_groups() == 0 && removed_.empty() && starts_.empty() && reloads_.empty() &&
         std::all_of(watchers_.begin(), watchers_.end(), quiet);
}

Watcher* World::get(WatcherId id) {
  const auto found = watchers_.find(id);
  return found == watchers_.end() ? nullptr : found->second.get();
}

/// Not one that is on its way out.
Watcher* World::present(WatcherId id) {
  return removed_.count(id) > 0 ? nullptr : get(id);
}

std::optional<Error> World::refusal() const {
  switch (life_) {
    case Life::running:
      return std::nullopt;
    case Life::restarting:
      return make_error(Code::refused, "arbiter is restarting...");
    case Life::quitting:
      return make_error(Code::refused, "arbiter is stopping...");
  }
  return std::nullopt;
}

std::optional<Error> World::refusal(const Watcher* watcher, Operation::Kind kind) const {
  if (!watcher) return make_error(Code::not_found, "the watcher is gone");
  if (kind == Operation::Kind::stop) return std::nullopt;
  const bool starts = kind != Operation::Kind::resize && kind != Operation::Kind::replace;
  if (auto no = watcher->unable(); no && starts) return no;
  return refusal();
}

// ---- watchers

Result<WatcherId> World::add(conf::WatcherConfig config, bool announce, Instant now) {
  if (auto no = refusal()) return *no;
  std::string lower = to_lower(config.name);
  if (by_name_.count(lower) > 0) return make_error(Code::refused, "'" + lower + "' already exist");
  const WatcherId id = ++last_watcher_;
  Turn t = turn(now);
  if (announce) t.publish(topic_prefix(config.name), "add");
  auto watcher = std::make_unique<Watcher>(id, std::move(config), common_, now);
  by_name_.emplace(std::move(lower), watcher.get());
  watchers_.emplace(id, std::move(watcher));
  return id;
}

void World::remove(WatcherId id, bool stop, Ticket ticket, Instant now) {
  Turn t = turn(now);
  Watcher* watcher = present(id);
  if (!watcher) {
    common_.tickets.fail(t, ticket, make_error(Code::not_found, "the watcher is gone"));
    return;
  }
  t.publish(topic_prefix(watcher->name()), "remove");
  by_name_.erase(to_lower(watcher->name()));
  drop_joint(t, {id}, its_removal);
  if (stop) {
    removed_.insert(id);
    watcher->run(t, Operation{Operation::Kind::stop, ticket});
    common_.stopped.push_back(id);  // it may have been so before
  } else {
    watcher->abandon(t);
    watchers_.erase(id);
    common_.tickets.settle(t, ticket, Value());
  }
  after_input(t);
}

void World::update(WatcherId id, conf::WatcherConfig config, int keys, bool reload, Ticket ticket,
                   Instant now) {
  Turn t = turn(now);
  Watcher* watcher = present(id);
  if (auto no = refusal(watcher, Operation::Kind::resize)) {
    common_.tickets.fail(t, ticket, *std::move(no));
    return;
  }
  watcher->set_config(t, std::move(config));
  for (int i = 0; i < keys; ++i) t.publish(topic_prefix(watcher->name()), "updated");
  const bool up = watcher->state() != Watcher::State::stopped && watcher->wanted();
  Operation follow{reload && up ? Operation::Kind::reload : Operation::Kind::resize, ticket};
  follow.of_change = true;
  watcher->run(t, std::move(follow));
  after_input(t);
}

// ---- operations

void World::run(WatcherId id, Operation operation, Instant now) {
  Turn t = turn(now);
  Watcher* watcher = present(id);
  if (auto no = refusal(watcher, operation.kind)) {
    common_.tickets.fail(t, operation.ticket, *std::move(no));
    return;
  }
  if (operation.kind == Operation::Kind::stop) {
    drop_joint(t, {id});
  }
  watcher->run(t, std::move(operation));
  after_input(t);
}

std::vector<WatcherId> World::autostarted() const {
  std::vector<WatcherId> ids;
  for (const auto& [id, watcher] : watchers_) {
    if (watcher->config().autostart) ids.push_back(id);
  }
  return ids;
}

void World::start_autostart(Ticket ticket, Instant now) {
  run_all(autostarted(), Operation{Operation::Kind::start, ticket}, now);
}

void World::kill(WatcherId id, const Watcher::KillOrder& order, Ticket ticket, Instant now) {
  Turn t = turn(now);
  if (Watcher* watcher = present(id)) {
    watcher->kill(t, order, ticket);
    after_input(t);
  } else {
    common_.tickets.fail(t, ticket, make_error(Code::not_found, "the watcher is gone"));
  }
}

void World::hold(WatcherId id, Hold hold, Instant now) {
  if (Watcher* watcher = present(id)) {
    Turn t = turn(now);
    watcher->hold(t, std::move(hold));
    after_input(t);
  }
}

void World::unhold(WatcherId id, int wid, const std::string& by, Instant now) {
  if (Watcher* watcher = present(id)) {
    Turn t = turn(now);
    watcher->unhold(t, wid, by);
    after_input(t);
  }
}

void World::send_signals(WatcherId id, const std::vector<Signal>& signals, Ticket ticket, Instant now) {
  if (Watcher* watcher = present(id)) {
    Turn t = turn(now);
    watcher->send_signals(t, signals, ticket);
    after_input(t);
  }
}

void World::extend_stats(WatcherId id, Value reply, Ticket ticket, Instant now) {
  Turn t = turn(now);
  if (Watcher* watcher = present(id)) {
    watcher->extend_stats(t, std::move(reply), ticket);
  } else {
    common_.tickets.settle(t, ticket, std::move(reply));
  }
  after_input(t);
}

void World::renew_hooks(WatcherId id) {
  if (Watcher* watcher = present(id)) watcher->renew_hooks();
}

// ---- inputs

void World::spawn_some(int budget, Instant now) {
  Turn t = turn(now);
  while (budget-- > 0) {
    const auto next = common_.spawn_queue.take();
    if (!next) break;
    if (Watcher* watcher = get(next->watcher)) watcher->spawn_queued(t, next->slot);
  }
  after_input(t);
}

template <class Call>
void World::on_process(ProcessId process, Instant now, Call call) {
  const auto found = common_.processes.find(process);
  if (found == common_.processes.end()) return;
  const auto [watcher, slot] = found->second;
  Turn t = turn(now);
  if (Watcher* owner = get(watcher)) call(*owner, t, slot);
  after_input(t);
}

void World::on_spawned(ProcessId process, int pid, Instant started, Instant now) {
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_spawned(t, slot, pid, started); });
}

void World::on_spawn_failed(ProcessId process, const SpawnFailure& failure, Instant now) {
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_spawn_failed(t, slot, failure); });
}

void World::on_exited(ProcessId process, const Exit& exit, Instant now) {
  common_.strays.erase(exit.pid);  // nobody else has had the pid so far
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_exited(t, slot, exit); });
}

void World::on_signalled(ProcessId process, int pid, int, Instant now) {
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_signalled(t, slot, pid); });
}

void World::on_tree_gone(ProcessId process, Instant now) {
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_tree_gone(t, slot); });
}

void World::on_hook_done(HookId hook, const HookOutcome& outcome, Instant now) {
  const auto found = common_.hooks.find(hook);
  if (found == common_.hooks.end()) return;
  Turn t = turn(now);
  get(found->second)->on_hook_done(t, outcome);
  after_input(t);
}

void World::on_stray(ProcessId process, int pid, Instant now) {
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_stray(t, slot, pid); });
}

/// What follows from an input for the world as a whole.
void World::after_input(Turn& turn) {
  erase_removed(turn);
  if (life_ == Life::running) {
    advance_starts(turn);
    advance_reloads(turn);
  }
  watch_sockets(turn);
  if (life_ == Life::running) return;
  if (common_.watchers_up > 0) return;
  if (!plugins_stopping_) {
    plugins_stopping_ = true;
    stop_for_good(turn, true);
    erase_removed(turn);
    watch_sockets(turn);
  }
  if (common_.plugins_up > 0) return;
  if (life_ == Life::restarting) {
    if (!std::exchange(reread_asked_, true)) turn.emit(Reread{});
    return;
  }
  if (std::exchange(quit_said_, true)) return;
  for (const auto& [id, watcher] : watchers_) watcher->clear_timers(turn);
  turn.publish("arbiter.", "stopping");
  for (const Ticket caller : std::exchange(life_tickets_, {})) common_.tickets.settle(turn, caller, Value());
  turn.emit(Quit{});
}

void World::erase_removed(Turn& turn) {
  for (const WatcherId id : std::exchange(common_.stopped, {})) {
    Watcher* watcher = get(id);
    if (!watcher || removed_.count(id) == 0 || watcher->up()) continue;
    watcher->clear_timers(turn);
    watchers_.erase(id);
    removed_.erase(id);
  }
}

}  // namespace troupe::core
