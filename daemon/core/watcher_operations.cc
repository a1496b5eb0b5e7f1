#include <algorithm>
#include <csignal>
#include <set>

#include "daemon/core/watcher.h"

namespace troupe::core {

std::string_view to_text(Operation::Kind kind) {
  switch (kind) {
    case Operation::Kind::start:
      return "start";
    case Operation::Kind::stop:
      return "stop";
    case Operation::Kind::restart:
      return "restart";
    case Operation::Kind::reload:
      return "reload";
    case Operation::Kind::resize:
      return "resize";
  }
  return "operation";
}

void Watcher::run(Turn& turn, Operation operation) {
  if (operation.kind == Operation::Kind::stop) {
    interrupt(turn);
    wanted_ = false;
  } else if (operation.kind != Operation::Kind::resize) {
    wanted_ = true;
  }
  operations_.push_back(std::move(operation));
  after_input(turn);
}

/// A stop ends everything that was asked for before it; two stops end together.
void Watcher::interrupt(Turn& turn) {
  for (const Operation& operation : operations_) {
    if (operation.kind == Operation::Kind::stop) continue;
    common_.tickets.fail(turn, operation.ticket,
                         make_error(Code::failed, std::string(to_text(operation.kind)) + " of " + name() +
                                                      " was ended by a stop"));
  }
  std::erase_if(operations_, [](const Operation& o) { return o.kind != Operation::Kind::stop; });
}

void Watcher::advance(Turn& turn) {
  while (!operations_.empty()) {
    Operation& operation = operations_.front();
    if (operation.phase == Operation::Phase::queued) begin(turn, operation);
    if (!step(turn, operation)) return;
    operations_.pop_front();
  }
  const bool finished = !config_.respawn && config_.numprocesses > 0 && slots_.empty();
  if (state_ == State::active && finished) {
    wanted_ = false;
    set_state(turn, State::stopped);
  }
}

void Watcher::begin(Turn& turn, Operation& operation) {
  operation.before = pids();
  gave_up_ = false;
  switch (operation.kind) {
    case Operation::Kind::start:
      operation.phase = Operation::Phase::starting;
      begin_start(turn);
      break;
    case Operation::Kind::stop:
    case Operation::Kind::restart:
      operation.phase = Operation::Phase::stopping;
      begin_stop(turn);
      break;
    case Operation::Kind::reload:
      begin_reload(turn, operation);
      break;
    case Operation::Kind::resize:
      operation.phase = Operation::Phase::starting;
      if (!wants_processes()) break;
      top_up();
      retire_surplus(turn);
      break;
  }
  fill(turn);
}

bool Watcher::step(Turn& turn, Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::start:
      return step_start(turn, operation);
    case Operation::Kind::stop:
      return step_stop(turn, operation);
    case Operation::Kind::restart:
      return step_restart(turn, operation);
    case Operation::Kind::reload:
      return step_reload(turn, operation);
    case Operation::Kind::resize:
      return step_resize(turn, operation);
  }
  return true;
}

/// The pids before and now, as Circus's replies list them.
Value Watcher::changes(const Operation& operation, bool with_stopped) const {
  const std::vector<int> now = pids();
  const std::set<int> before(operation.before.begin(), operation.before.end());
  const std::set<int> after(now.begin(), now.end());
  Value stopped = Value::array(), started = Value::array(), kept = Value::array();
  for (const int pid : before) {
    if (after.count(pid) == 0) stopped.push(pid);
  }
  for (const int pid : after) (before.count(pid) == 0 ? started : kept).push(pid);
  Value result = Value::object();
  if (with_stopped) result.set("stopped", std::move(stopped));
  return result.set("started", std::move(started)).set("kept", std::move(kept));
}

// ---- start, stop, restart, resize

void Watcher::begin_start(Turn& turn) {
  failures_ = 0;
  retry_at_ = {};
  gave_up_ = false;
  trouble_.reset();
  holds_.clear();  // whoever starts by hand means it
  if (state_ == State::stopped) {
    next_spawn_at_ = {};
    set_state(turn, State::starting);
  }
  for (auto& [id, slot] : slots_) {
    touch(slot, [&](Slot& s) { s.hurry_up(turn); });
  }
  top_up();
  retire_surplus(turn);
}

bool Watcher::step_start(Turn& turn, Operation& operation) {
  if (!started_all() && !held(0)) return false;
  if (state_ == State::starting) set_state(turn, State::active);
  common_.tickets.settle(turn, operation.ticket, changes(operation, false));
  return true;
}

void Watcher::begin_stop(Turn& turn) {
  if (state_ == State::stopped) return;
  set_state(turn, State::stopping);
  std::vector<SlotId> ids;
  for (const auto& [id, slot] : slots_) ids.push_back(id);
  for (const SlotId id : ids) stop_slot(turn, *find(id), After::remove);
}

bool Watcher::step_stop(Turn& turn, Operation& operation) {
  if (!slots_.empty()) return false;
  set_state(turn, State::stopped);
  common_.tickets.settle(turn, operation.ticket, Value());
  return true;
}

bool Watcher::step_restart(Turn& turn, Operation& operation) {
  if (operation.phase == Operation::Phase::stopping) {
    if (!slots_.empty()) return false;
    set_state(turn, State::stopped);
    operation.phase = Operation::Phase::starting;
    begin_start(turn);
    fill(turn);
  }
  if (!started_all() && !held(0)) return false;
  if (state_ == State::starting) set_state(turn, State::active);
  common_.tickets.settle(turn, operation.ticket, changes(operation, true));
  return true;
}

bool Watcher::step_resize(Turn& turn, Operation& operation) {
  if (wants_processes() && !(started_all() && tally_.leaving == 0) && !held(0)) return false;
  common_.tickets.settle(turn, operation.ticket, Value::object().set("numprocesses", config_.numprocesses));
  return true;
}

// ---- reload

void Watcher::begin_reload(Turn& turn, Operation& operation) {
  if (state_ == State::stopped) {
    operation.phase = Operation::Phase::starting;
    begin_start(turn);
  } else if (config_.send_hup) {
    operation.phase = Operation::Phase::retiring;
    for (const auto& [id, slot] : slots_) {
      if (slot.state() == Slot::State::running) turn.emit(Signal{slot.process(), slot.pid(), SIGHUP});
    }
  } else if (!operation.graceful) {
    operation.phase = Operation::Phase::stopping;
    begin_stop(turn);
  } else if (operation.sequential) {
    operation.phase = Operation::Phase::replacing;
    ++generation_;
    for (const auto& [id, slot] : slots_) {
      if (!slot.leaving()) operation.to_replace.insert(operation.to_replace.begin(), id);
    }
  } else {
    operation.phase = Operation::Phase::replacing;
    begin_graceful(turn);
  }
}

/// As many new processes as the watcher wants, beside the old ones, which go on until the new ones run.
void Watcher::begin_graceful(Turn& turn) {
  ++generation_;
  std::vector<SlotId> ids;
  for (const auto& [id, slot] : slots_) ids.push_back(id);
  for (const SlotId id : ids) {
    Slot& slot = *find(id);
    if (slot.alive()) {
      touch(slot, [](Slot& s) { s.set_leaving(true); });
    } else {
      stop_slot(turn, slot, After::remove);
    }
  }
  top_up();
}

bool Watcher::step_reload(Turn& turn, Operation& operation) {
  switch (operation.phase) {
    case Operation::Phase::stopping:
      return step_restart(turn, operation);
    case Operation::Phase::starting:
      if (!operation.graceful) return step_restart(turn, operation);
      if (!started_all() && !held(0)) return false;
      if (state_ == State::starting) set_state(turn, State::active);
      finish_reload(turn, operation);
      return true;
    case Operation::Phase::replacing:
      return operation.sequential ? step_sequential(turn, operation) : step_graceful(turn, operation);
    default:
      if (!config_.send_hup && tally_.leaving > 0) return false;
      finish_reload(turn, operation);
      return true;
  }
}

bool Watcher::step_graceful(Turn& turn, Operation& operation) {
  if (!started_all() && !held(0)) return false;
  operation.phase = Operation::Phase::retiring;
  std::vector<SlotId> old;
  for (const auto& [id, slot] : slots_) {
    if (slot.leaving()) old.push_back(id);
  }
  for (const SlotId id : old) stop_slot(turn, *find(id), After::remove);
  return step_reload(turn, operation);
}

/// The new processes cannot be started: the old ones stay, which is what a reload without loss means.
void Watcher::roll_back_reload(Turn& turn) {
  std::vector<SlotId> ids;
  for (const auto& [id, slot] : slots_) ids.push_back(id);
  for (const SlotId id : ids) {
    Slot& slot = *find(id);
    const bool old = slot.generation() < generation_ && slot.alive();
    if (!old) {
      stop_slot(turn, slot, After::remove);
    } else if (slot.state() == Slot::State::running) {
      touch(slot, [](Slot& s) { s.set_leaving(false); });
    }
  }
  common_.tickets.fail(
      turn, operations_.front().ticket,
      make_error(Code::failed, "reload of " + name() + ": " + trouble_->text + "; the old processes go on"));
  operations_.pop_front();
}

/// One after the other: stop, wait, start, pause of warmup_delay.
bool Watcher::step_sequential(Turn& turn, Operation& operation) {
  for (;;) {
    if (const Slot* slot = find(operation.replacing)) {
      const bool replaced = slot->state() == Slot::State::running && slot->generation() == generation_;
      if (!replaced && !gave_up_) return false;
      if (turn.now < next_spawn_at_ && !operation.to_replace.empty()) return false;
    }
    operation.replacing = 0;
    if (operation.to_replace.empty() || gave_up_) break;
    Slot* next = find(operation.to_replace.back());
    operation.to_replace.pop_back();
    if (!next || next->leaving() || next->generation() == generation_ || !next->alive()) continue;
    operation.replacing = next->id();
    stop_slot(turn, *next, After::respawn);
  }
  if (gave_up_) {
    common_.tickets.fail(
        turn, operation.ticket,
        make_error(Code::failed, "reload of " + name() + ": " + (trouble_ ? trouble_->text : "given up") +
                                     "; the processes not yet replaced go on"));
    return true;
  }
  finish_reload(turn, operation);
  return true;
}

void Watcher::finish_reload(Turn& turn, Operation& operation) {
  turn.publish(topic_, "reload");
  common_.tickets.settle(turn, operation.ticket, changes(operation, true));
}

}  // namespace troupe::core
