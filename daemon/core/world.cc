#include "daemon/core/world.h"

#include <algorithm>

#include "lib/base/text.h"

namespace troupe::core {

namespace {

constexpr TimerKey start_key{TimerKey::Kind::world, 0};

std::string topic_form(std::string_view name) {
  std::string form = to_lower(name);
  std::replace(form.begin(), form.end(), ' ', '_');
  return form;
}

}  // namespace

// ---- reading

const Watcher* World::find(std::string_view name) const {
  const auto found = by_name_.find(to_lower(name));
  if (found != by_name_.end()) return watchers_.at(found->second).get();
  for (const auto& [lower, id] : by_name_) {
    if (lower.find(' ') != std::string::npos && topic_form(lower) == topic_form(name)) {
      return watchers_.at(id).get();
    }
  }
  return nullptr;
}

std::vector<const Watcher*> World::watchers() const {
  std::vector<const Watcher*> result;
  result.reserve(by_name_.size());
  for (const auto& [name, id] : by_name_) result.push_back(watchers_.at(id).get());
  return result;
}

bool World::settled() const {
  const auto quiet = [](const auto& entry) {
    return entry.second->idle() && entry.second->next_try() == never;
  };
  return common_.spawn_queue.empty() && common_.in_flight.empty() && removed_.empty() && starts_.empty() &&
         std::all_of(watchers_.begin(), watchers_.end(), quiet);
}

Watcher* World::get(WatcherId id) {
  const auto found = watchers_.find(id);
  return found == watchers_.end() ? nullptr : found->second.get();
}

// ---- watchers

Result<WatcherId> World::add(conf::WatcherConfig config, bool announce, Instant now) {
  std::string lower = to_lower(config.name);
  if (by_name_.count(lower) > 0) return make_error(Code::refused, "'" + lower + "' already exist");
  const WatcherId id = ++last_watcher_;
  by_name_.emplace(std::move(lower), id);
  Turn t = turn(now);
  if (announce) t.publish(topic_prefix(config.name), "add");
  watchers_.emplace(id, std::make_unique<Watcher>(id, std::move(config), common_));
  return id;
}

void World::remove(WatcherId id, bool stop, Ticket ticket, Instant now) {
  Watcher* watcher = get(id);
  if (!watcher) return;
  Turn t = turn(now);
  t.publish(topic_prefix(watcher->name()), "remove");
  by_name_.erase(to_lower(watcher->name()));
  if (stop) {
    removed_.push_back(id);
    watcher->run(t, Operation{Operation::Kind::stop, ticket});
  } else {
    watcher->abandon(t);
    watchers_.erase(id);
    common_.tickets.settle(t, ticket, Value());
  }
  after_input(t);
}

void World::update(WatcherId id, conf::WatcherConfig config, int keys, bool reload, Ticket ticket,
                   Instant now) {
  Watcher* watcher = get(id);
  if (!watcher) return;
  Turn t = turn(now);
  watcher->set_config(std::move(config));
  for (int i = 0; i < keys; ++i) t.publish(topic_prefix(watcher->name()), "updated");
  const bool replace = reload && watcher->state() != Watcher::State::stopped;
  watcher->run(t, Operation{replace ? Operation::Kind::reload : Operation::Kind::resize, ticket});
  after_input(t);
}

// ---- operations

void World::run(WatcherId id, Operation operation, Instant now) {
  Watcher* watcher = get(id);
  if (!watcher) return;
  Turn t = turn(now);
  watcher->run(t, std::move(operation));
  after_input(t);
}

void World::run_all(std::vector<WatcherId> ids, Operation operation, Instant now) {
  Turn t = turn(now);
  operation.ticket = common_.tickets.make_group(t, operation.ticket, ids.size());
  if (operation.kind == Operation::Kind::start) {
    start_in_order(t, std::move(ids), operation.ticket);
  } else {
    for (const WatcherId id : ids) get(id)->run(t, operation);
  }
  after_input(t);
}

void World::start_autostart(Ticket ticket, Instant now) {
  std::vector<WatcherId> ids;
  for (const auto& [id, watcher] : watchers_) {
    if (watcher->config().autostart && watcher->config().error.empty()) ids.push_back(id);
  }
  run_all(std::move(ids), Operation{Operation::Kind::start, ticket}, now);
}

/// Priority first, then name. Without a warmup_delay all start now, their processes in this order.
void World::start_in_order(Turn& turn, std::vector<WatcherId> ids, Ticket each) {
  std::sort(ids.begin(), ids.end(), [&](WatcherId a, WatcherId b) {
    const conf::WatcherConfig &x = get(a)->config(), &y = get(b)->config();
    return x.priority != y.priority ? x.priority > y.priority : x.name < y.name;
  });
  if (settings_.warmup_delay <= Duration{} || ids.size() < 2) {
    for (const WatcherId id : ids) get(id)->run(turn, Operation{Operation::Kind::start, each});
    return;
  }
  for (const WatcherId id : starts_) {  // a second start for all takes over what the first has not come to
    common_.tickets.settle(turn, starts_ticket_, Value());
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  starts_.assign(ids.rbegin(), ids.rend());
  starts_ticket_ = each;
}

void World::advance_starts(Turn& turn) {
  if (starting_ != 0) {
    const Watcher* watcher = get(starting_);
    const bool under_way = watcher && watcher->state() == Watcher::State::starting && !watcher->trouble();
    if (under_way) return;
    starting_ = 0;
    start_pause_ = !starts_.empty();
    if (start_pause_) turn.emit(WakeAt{start_key, turn.now + settings_.warmup_delay});
  }
  while (!starts_.empty() && starting_ == 0 && !start_pause_) {
    const WatcherId id = starts_.back();
    starts_.pop_back();
    Watcher* watcher = get(id);
    if (!watcher) {
      common_.tickets.settle(turn, starts_ticket_, Value());
      continue;
    }
    starting_ = id;
    watcher->run(turn, Operation{Operation::Kind::start, starts_ticket_});
  }
}

void World::kill(WatcherId id, const Watcher::KillOrder& order, Ticket ticket, Instant now) {
  if (Watcher* watcher = get(id)) {
    Turn t = turn(now);
    watcher->kill(t, order, ticket);
    after_input(t);
  }
}

void World::hold(WatcherId id, Hold hold, Instant now) {
  if (Watcher* watcher = get(id)) {
    Turn t = turn(now);
    watcher->hold(t, std::move(hold));
    after_input(t);
  }
}

void World::unhold(WatcherId id, int wid, const std::string& by, Instant now) {
  if (Watcher* watcher = get(id)) {
    Turn t = turn(now);
    watcher->unhold(t, wid, by);
    after_input(t);
  }
}

// ---- the end, or a new beginning

void World::stop_for_good(Turn& turn, bool plugins) {
  for (const auto& [id, watcher] : watchers_) {
    if (watcher->config().plugin.has_value() == plugins) watcher->run(turn, Operation{Operation::Kind::stop});
  }
}

bool World::all_stopped(bool plugins_too) const {
  return std::all_of(watchers_.begin(), watchers_.end(), [&](const auto& entry) {
    const Watcher& watcher = *entry.second;
    return watcher.state() == Watcher::State::stopped || (!plugins_too && watcher.config().plugin);
  });
}

void World::restart_all(Ticket ticket, Instant now) {
  Turn t = turn(now);
  if (life_ == Life::quitting) {
    common_.tickets.fail(t, ticket, make_error(Code::refused, "the arbiter is stopping"));
    return;
  }
  life_tickets_.push_back(ticket);
  if (life_ == Life::restarting) return;
  life_ = Life::restarting;
  starts_.clear();
  starting_ = 0;
  plugins_stopping_ = reread_asked_ = false;
  stop_for_good(t, false);
  after_input(t);
}

void World::quit(Ticket ticket, Instant now) {
  Turn t = turn(now);
  life_tickets_.push_back(ticket);
  if (life_ == Life::quitting) return;
  life_ = Life::quitting;
  starts_.clear();
  starting_ = 0;
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
  Turn t = turn(now);
  if (life_ != Life::restarting) return;
  life_ = Life::running;
  reread_asked_ = false;
  const std::vector<Ticket> callers = std::exchange(life_tickets_, {});
  if (!configs) {
    t.note(Note::Level::error, "the configuration is not used: " + configs.error().text);
  } else {
    removed_.clear();
    by_name_.clear();
    watchers_.clear();
    for (conf::WatcherConfig& config : *configs) {
      if (auto added = add(std::move(config), false, now); !added) {
        t.note(Note::Level::error, added.error().text);
      }
    }
  }
  Ticket all = 0;
  for (const Ticket caller : callers) {
    if (!configs) common_.tickets.fail(t, caller, configs.error());
    if (configs && caller != 0) all = all == 0 ? caller : all;
    if (configs && caller != all) common_.tickets.settle(t, caller, Value());
  }
  start_autostart(all, now);
}

// ---- inputs

void World::spawn_some(int budget, Instant now) {
  Turn t = turn(now);
  while (budget-- > 0 && wants_spawn()) {
    const Common::Queued next = common_.spawn_queue.front();
    common_.spawn_queue.pop_front();
    if (Watcher* watcher = get(next.watcher)) watcher->spawn_queued(t, next.slot);
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
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_exited(t, slot, exit); });
}

void World::on_signalled(ProcessId process, int pid, int, Instant now) {
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_signalled(t, slot, pid); });
}

void World::on_tree_gone(ProcessId process, Instant now) {
  on_process(process, now, [&](Watcher& w, Turn& t, SlotId slot) { w.on_tree_gone(t, slot); });
}

void World::on_timer(const TimerKey& key, Instant now) {
  Turn t = turn(now);
  switch (key.kind) {
    case TimerKey::Kind::world:
      start_pause_ = false;
      break;
    case TimerKey::Kind::watcher:
      if (Watcher* watcher = get(static_cast<WatcherId>(key.id))) watcher->on_timer(t);
      break;
    case TimerKey::Kind::slot:
      if (const auto found = common_.slots.find(key.id); found != common_.slots.end()) {
        if (Watcher* watcher = get(found->second)) watcher->on_slot_timer(t, key.id);
      }
      break;
  }
  after_input(t);
}

/// What follows from an input for the world as a whole.
void World::after_input(Turn& turn) {
  std::erase_if(removed_, [&](WatcherId id) {
    if (get(id)->state() != Watcher::State::stopped) return false;
    watchers_.erase(id);
    return true;
  });
  if (life_ == Life::running) {
    advance_starts(turn);
    return;
  }
  if (!all_stopped(false)) return;
  if (!plugins_stopping_) {
    plugins_stopping_ = true;
    stop_for_good(turn, true);
  }
  if (!all_stopped(true)) return;
  if (life_ == Life::restarting) {
    if (!std::exchange(reread_asked_, true)) turn.emit(Reread{});
    return;
  }
  if (std::exchange(quit_said_, true)) return;
  turn.publish("arbiter.", "stopping");
  for (const Ticket caller : life_tickets_) common_.tickets.settle(turn, caller, Value());
  turn.emit(Quit{});
}

}  // namespace troupe::core
