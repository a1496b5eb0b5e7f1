#include <algorithm>

#include "daemon/core/world.h"

// Operations on several watchers: which of them waits for which.

namespace troupe::core {

namespace {

constexpr TimerKey start_key{TimerKey::Kind::world, 0}, reload_key{TimerKey::Kind::world, 1};

bool are_one(const Operation& earlier, const Operation& later) {
  return earlier.graceful == later.graceful && earlier.sequential == later.sequential;
}

}  // namespace

void World::run_all(std::vector<WatcherId> ids, Operation operation, Instant now) {
  Turn t = turn(now);
  if (auto no = refusal(); no && operation.kind != Operation::Kind::stop) {
    common_.tickets.fail(t, operation.ticket, *std::move(no));
    return;
  }
  const Ticket caller = operation.ticket;
  run_group(t, std::move(ids), std::move(operation), {caller});
}

void World::run_group(Turn& turn, std::vector<WatcherId> ids, Operation operation,
                      std::vector<Ticket> callers) {
  std::erase_if(ids, [&](WatcherId id) { return refusal(present(id), operation.kind).has_value(); });
  sort_to_start(ids);
  if (operation.kind == Operation::Kind::reload && ids.size() > 1) {
    reload_in_order(turn, std::move(ids), std::move(operation), std::move(callers));
    return after_input(turn);
  }
  operation.ticket = common_.tickets.make_group(turn, std::move(callers), ids.size());
  if (operation.kind == Operation::Kind::start) {
    start_in_order(turn, std::move(ids), operation.ticket);
  } else if (operation.kind == Operation::Kind::restart && ids.size() > 1) {
    restart_in_order(turn, ids, std::move(operation));
  } else {
    if (operation.kind == Operation::Kind::stop)
      drop_joint(turn, std::set<WatcherId>(ids.begin(), ids.end()));
    for (const WatcherId id : ids) get(id)->run(turn, operation);
  }
  after_input(turn);
}

/// Priority first, then name.
void World::sort_to_start(std::vector<WatcherId>& ids) {
  std::sort(ids.begin(), ids.end(), [&](WatcherId a, WatcherId b) {
    const conf::WatcherConfig &x = get(a)->config(), &y = get(b)->config();
    return x.priority != y.priority ? x.priority > y.priority : x.name < y.name;
  });
}

// ---- starts, with a pause between

/// Without a warmup_delay all start now, their processes in this order.
void World::start_in_order(Turn& turn, std::vector<WatcherId> ids, Ticket each) {
  sort_to_start(ids);
  const bool pauses = settings_.warmup_delay > Duration{} && ids.size() > 1;
  for (const WatcherId id : ids) {
    if (pauses) {
      starts_.push_back({id, each});
    } else {
      get(id)->run(turn, Operation{Operation::Kind::start, each});
    }
  }
}

/// All stop now; the second halves are starts like others, of which each waits for those before it.
void World::restart_in_order(Turn& turn, const std::vector<WatcherId>& ids, Operation operation) {
  operation.joint = ++last_joint_;
  for (const WatcherId id : ids) {
    starts_.push_back({id, 0, operation.joint});
    get(id)->run(turn, operation);
  }
}

/// The first start that can be begun; restarts that are no more, or wait no more, are dropped on the way. A
/// restart that is not that far yet holds up those that came with it, and no other.
std::deque<World::Start>::iterator World::next_start() {
  std::erase_if(starts_, [&](const Start& start) {
    return start.restart != 0 && !present(start.watcher)->works_on(start.restart);
  });
  std::set<std::uint64_t> held_up;
  return std::find_if(starts_.begin(), starts_.end(), [&](const Start& start) {
    if (start.restart == 0) return true;
    const bool ready =
        held_up.count(start.restart) == 0 && present(start.watcher)->awaits_turn(start.restart);
    if (!ready) held_up.insert(start.restart);
    return ready;
  });
}

void World::advance_starts(Turn& turn) {
  for (;;) {
    if (starting_ != 0) {
      const Watcher* watcher = present(starting_);
      // One that has trouble, or whose hook takes its time, does not hold up the others.
      const bool waits = watcher && watcher->state() == Watcher::State::starting && !watcher->trouble();
      if (waits && !watcher->awaits_hook()) return;
      starting_ = 0;
      if (!starts_.empty()) {
        start_pause_ = turn.now + settings_.warmup_delay;
        turn.emit(WakeAt{start_key, *start_pause_});
      }
    }
    const auto next = next_start();
    if (starts_.empty()) return end_start_pause(turn);
    if (next == starts_.end() || start_pause_) return;
    const Start start = *next;
    starts_.erase(next);
    Watcher& watcher = *present(start.watcher);  // remove() takes its starts away
    const bool waits = start.restart == 0 || settings_.warmup_delay > Duration{};
    if (waits && watcher.state() == Watcher::State::stopped) starting_ = start.watcher;
    if (start.restart != 0) {
      watcher.take_turn(turn);
    } else {
      watcher.run(turn, Operation{Operation::Kind::start, start.ticket});
    }
  }
}

void World::end_start_pause(Turn& turn) {
  if (!start_pause_) return;
  start_pause_.reset();
  turn.emit(WakeAt{start_key, never});
}

// ---- reloads, one after the other

void World::reload_in_order(Turn& turn, std::vector<WatcherId> ids, Operation operation,
                            std::vector<Ticket> callers) {
  // The first one is at work. What has not begun serves all who ask for the same.
  if (reloads_.size() > 1) {
    const Reload& last = reloads_.back();
    const bool same = std::equal(ids.begin(), ids.end(), last.to_come.begin(), last.to_come.end()) &&
                      are_one(last.operation, operation);
    if (same && common_.tickets.add_callers(last.operation.ticket, callers)) return;
  }
  if (reloads_.size() >= most_reloads) {
    for (const Ticket caller : callers) {
      common_.tickets.fail(
          turn, caller,
          make_error(Code::limit, std::to_string(most_reloads) +
                                      " reloads of several watchers wait, and no more may; a "
                                      "stop of these watchers ends them"));
    }
    return;
  }
  operation.ticket = common_.tickets.make_group(turn, std::move(callers), ids.size());
  operation.joint = ++last_joint_;
  reloads_.push_back({{ids.begin(), ids.end()}, std::move(operation)});
}

void World::advance_reloads(Turn& turn) {
  for (;;) {
    if (reloading_ != 0) {
      const Watcher* watcher = present(reloading_);
      // As with starts: one that has trouble does not hold up the others.
      if (watcher && watcher->works_on(reloads_.front().operation.joint) && !watcher->trouble()) return;
      reloading_ = 0;
      if (!reloads_.front().to_come.empty() && settings_.warmup_delay > Duration{}) {
        reload_pause_ = turn.now + settings_.warmup_delay;
        turn.emit(WakeAt{reload_key, *reload_pause_});
      }
    }
    while (!reloads_.empty() && reloads_.front().to_come.empty()) reloads_.pop_front();
    if (reloads_.empty()) return end_reload_pause(turn);
    if (reload_pause_) return;
    Reload& reload = reloads_.front();
    reloading_ = reload.to_come.front();  // remove() takes its reloads away
    reload.to_come.pop_front();
    present(reloading_)->run(turn, reload.operation);
  }
}

void World::end_reload_pause(Turn& turn) {
  if (!reload_pause_) return;
  reload_pause_.reset();
  turn.emit(WakeAt{reload_key, never});
}

// ---- what ends them

void World::end_pause(Turn& turn, const TimerKey& key) {
  std::optional<Instant>& pause = key == reload_key ? reload_pause_ : start_pause_;
  if (pause && turn.now < *pause) {
    turn.emit(WakeAt{key, *pause});
  } else {
    pause.reset();
  }
}

/// Starts and reloads that are still to come and that a stop, or what `by` says, has ended.
void World::drop_joint(Turn& turn, const std::set<WatcherId>& watchers, std::string_view by) {
  const auto end = [&](WatcherId id, Operation::Kind kind, Ticket ticket) {
    if (watchers.count(id) == 0) return false;
    common_.tickets.fail(turn, ticket, ended_by(by, Operation{kind}, get(id)->name()));
    return true;
  };
  std::erase_if(starts_,
                [&](const Start& start) { return end(start.watcher, Operation::Kind::start, start.ticket); });
  for (Reload& reload : reloads_) {
    std::erase_if(reload.to_come,
                  [&](WatcherId id) { return end(id, Operation::Kind::reload, reload.operation.ticket); });
  }
  if (starts_.empty()) end_start_pause(turn);
  const auto is_over = [](const Reload& reload) { return reload.to_come.empty(); };
  if (std::all_of(reloads_.begin(), reloads_.end(), is_over)) end_reload_pause(turn);
}

void World::drop_all_joint(Turn& turn) {
  std::set<WatcherId> all;
  for (const auto& [id, watcher] : watchers_) all.insert(id);
  drop_joint(turn, all);
  reloads_.clear();
  starting_ = reloading_ = 0;
}

}  // namespace troupe::core
