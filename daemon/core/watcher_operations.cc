#include <algorithm>
#include <iterator>
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
    case Operation::Kind::replace:
      return "replace";
  }
  return "operation";
}

std::string subject(const Operation& operation, const std::string& watcher) {
  if (operation.of_change) return watcher + " is changed, but the wait for its processes";
  return std::string(to_text(operation.kind)) + " of " + watcher;
}

Error ended_by(std::string_view what, const Operation& operation, const std::string& watcher) {
  return make_error(Code::failed, subject(operation, watcher) + " was ended by " + std::string(what));
}

std::optional<Error> Watcher::unable() const {
  if (config_.error.empty()) return std::nullopt;
  return make_error(Code::refused, name() + " cannot run: " + config_.error);
}

namespace {

bool has_room_always(const Operation& operation) {
  return operation.kind == Operation::Kind::stop || operation.kind == Operation::Kind::replace;
}

/// Whether both come to the same when the earlier one has not begun.
bool are_one(const Operation& earlier, const Operation& later) {
  if (earlier.phase != Operation::Phase::queued || earlier.kind != later.kind) return false;
  if (later.kind == Operation::Kind::replace) return true;  // the later one decides what the watcher becomes
  const bool answers_differ = later.kind == Operation::Kind::resize && earlier.target != later.target &&
                              earlier.ticket != 0 && later.ticket != 0;
  return earlier.graceful == later.graceful && earlier.sequential == later.sequential &&
         earlier.of_change == later.of_change && earlier.by_demand == later.by_demand && !answers_differ;
}

}  // namespace

void Watcher::run(Turn& turn, Operation operation) {
  const bool starts = operation.kind != Operation::Kind::stop && operation.kind != Operation::Kind::resize &&
                      operation.kind != Operation::Kind::replace;
  if (auto no = unable(); no && starts) {
    common_.tickets.fail(turn, operation.ticket, *std::move(no));
    return;
  }
  operation.target = config_.numprocesses;
  if (full() && !has_room_always(operation) && !waiting_for(operation)) {
    refuse(turn, operation);
    return;
  }
  if (operation.kind == Operation::Kind::stop) {
    interrupt(turn, a_stop);
    end_commands(turn, a_stop);
    wanted_ = false;
  } else {
    if (operation.kind != Operation::Kind::resize) wanted_ = operation.starts;
    if (operation.config) given_ = operation.config;
    if (wants_processes()) retire_surplus(turn);
  }
  if (operation.joint == 0) {
    for (Operation& earlier : operations_) {
      if (earlier.kind == Operation::Kind::restart) earlier.joint = 0;
    }
  }
  if (Operation* const waiting = waiting_for(operation)) {
    join(*waiting, std::move(operation));
  } else {
    operations_.push_back(std::move(operation));
  }
  after_input(turn);
}

/// The last one that waits, if the new one asks for the same.
Operation* Watcher::waiting_for(const Operation& operation) {
  return !operations_.empty() && are_one(operations_.back(), operation) ? &operations_.back() : nullptr;
}

bool Watcher::full() const {
  const auto counts = [](const Operation& o) { return !has_room_always(o); };
  return std::count_if(operations_.begin(), operations_.end(), counts) >=
         static_cast<std::ptrdiff_t>(most_operations);
}

void Watcher::refuse(Turn& turn, const Operation& operation) {
  std::string text = subject(operation, name()) + " is refused: " + std::to_string(most_operations) +
                     " operations of it wait, and no more may; a stop ends them all";
  turn.note(Note::Level::warning, text);
  common_.tickets.fail(turn, operation.ticket, make_error(Code::limit, std::move(text)));
}

/// One run serves both callers.
void Watcher::join(Operation& waiting, Operation later) {
  if (waiting.ticket == 0 || later.ticket != 0) waiting.target = later.target;
  waiting.ticket = common_.tickets.join(waiting.ticket, later.ticket);
  waiting.starts = later.starts;
  if (waiting.joint != 0 || later.kind == Operation::Kind::reload) waiting.joint = later.joint;
  if (later.config) waiting.config = std::move(later.config);
}

/// A stop ends everything that was asked for before it; two stops end together.
void Watcher::interrupt(Turn& turn, std::string_view by) {
  for (Operation& operation : operations_) {
    if (operation.kind == Operation::Kind::stop) continue;
    take_config(operation);
    common_.tickets.fail(turn, operation.ticket, ended_by(by, operation, name()));
  }
  std::erase_if(operations_, [](const Operation& o) { return o.kind != Operation::Kind::stop; });
}

void Watcher::advance(Turn& turn) {
  if (line_.busy()) return;
  // Nothing of it runs, and nothing will be tried.
  if (gave_up_ && slots_.empty() && wants_processes()) come_to_rest(turn);
  while (!operations_.empty()) {
    Operation& operation = operations_.front();
    if (operation.phase == Operation::Phase::queued && !line_.busy()) begin(turn, operation);
    if (line_.busy()) return;
    if (step(turn, operation)) {
      operations_.pop_front();
    } else if (!give_way(turn)) {
      return;
    }
  }
  // The start may have given way to an operation that failed, and its processes came up all the same.
  if ((started_all() || held(0)) && !become_active(turn)) return;
  const bool replaces = config_.respawn && !config_.on_demand;
  const bool finished = !replaces && config_.numprocesses > 0 && slots_.empty();
  if (state_ == State::active && finished) {
    wanted_ = config_.on_demand;
    come_to_rest(turn);
    rest_until_demand(turn);
  }
}

/// Stopped without having been asked to.
void Watcher::come_to_rest(Turn& turn) {
  ask(turn, {conf::Hook::before_stop});
  set_state(turn, State::stopped);
}

/// An operation whose spawns fail would wait for as long as they do, for ever with max_retry = -1. The next
/// start, restart or reload ends it, for that one may be what mends the fault.
bool Watcher::give_way(Turn& turn) {
  Operation& stuck = operations_.front();
  const bool spawns = stuck.phase == Operation::Phase::starting || stuck.phase == Operation::Phase::replacing;
  const bool next = std::any_of(std::next(operations_.begin()), operations_.end(),
                                [](const Operation& o) { return o.kind != Operation::Kind::resize; });
  if (failures_ == 0 || !spawns || !next) return false;
  if (stuck.phase == Operation::Phase::replacing && !stuck.sequential) {
    roll_back_reload(turn, stuck, trouble_->text);
    return true;
  }
  common_.tickets.fail(turn, stuck.ticket,
                       make_error(Code::failed, subject(stuck, name()) + ": " + trouble_->text));
  operations_.pop_front();
  return true;
}

/// The operation at work if it is in that phase.
const Operation* Watcher::front(Operation::Phase phase) const {
  return !operations_.empty() && operations_.front().phase == phase ? &operations_.front() : nullptr;
}

void Watcher::begin(Turn& turn, Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::start:
      operation.before = pids();
      begin_start(turn, operation);
      break;
    case Operation::Kind::stop:
    case Operation::Kind::restart:
    case Operation::Kind::replace:
      operation.before = pids();
      operation.phase = Operation::Phase::stopping;
      begin_stop(turn);
      break;
    case Operation::Kind::reload:
      operation.before = pids();
      begin_reload(turn, operation);
      break;
    case Operation::Kind::resize:
      operation.phase = Operation::Phase::retiring;
      if (wants_processes()) retire_surplus(turn);
      break;
  }
  fill(turn);
}

bool Watcher::step(Turn& turn, Operation& operation) {
  if (operation.phase == Operation::Phase::refused) return step_refused(turn, operation);
  if (operation.phase == Operation::Phase::asking) {  // before_start said yes
    operation.phase = Operation::Phase::starting;
    launch(turn);
    fill(turn);
    if (line_.busy()) return false;
  }
  switch (operation.kind) {
    case Operation::Kind::start:
      return step_start(turn, operation);
    case Operation::Kind::stop:
      return step_stop(turn, operation);
    case Operation::Kind::restart:
    case Operation::Kind::replace:
      return step_restart(turn, operation);
    case Operation::Kind::reload:
      return step_reload(turn, operation);
    case Operation::Kind::resize:
      return step_resize(turn, operation);
  }
  return true;
}

/// The pids before and now, as Circus's replies list them; and why some are missing, which Circus leaves out.
Value Watcher::changes(const Operation& operation, bool with_stopped) const {
  const bool refused = operation.phase == Operation::Phase::refused;
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
  result.set("started", std::move(started)).set("kept", std::move(kept));
  if ((gave_up_ || refused) && trouble_) result.set("error", trouble_->text);
  return result;
}

void Watcher::begin_start(Turn& turn, Operation& operation) {
  operation.phase = Operation::Phase::starting;
  forget_failures();
  trouble_.reset();
  drop_all_holds(turn);  // whoever starts by hand means it
  finished_ = 0;
  if (state_ == State::stopped) {
    if (config_.on_demand && !operation.by_demand) return begin_wait(turn);
    next_spawn_at_ = {};
    after_start_asked_ = false;
    set_state(turn, State::starting);
    if (ask(turn, {conf::Hook::before_start})) {
      operation.phase = Operation::Phase::asking;
      return;
    }
  } else {
    turn.note(Note::Level::info, name() + " already running");
  }
  launch(turn);
}

void Watcher::launch(Turn& turn) {
  for (auto& [id, slot] : slots_) {
    if (slot.has_pid() || slot.leaving()) continue;
    touch(slot, [&](Slot& s) {
      s.hurry_up(turn);
      s.forget_past();
    });
  }
  retire_surplus(turn);
  top_up();
}

bool Watcher::step_start(Turn& turn, Operation& operation) {
  if (!started_all() && !held(0)) return false;
  if (!become_active(turn)) return false;
  common_.tickets.settle(turn, operation.ticket, changes(operation, false), name());
  return true;
}

/// False: after_start is asked first.
bool Watcher::become_active(Turn& turn) {
  if (state_ != State::starting) return true;
  if (!std::exchange(after_start_asked_, true) && ask(turn, {conf::Hook::after_start})) return false;
  set_state(turn, State::active);
  return true;
}

void Watcher::begin_stop(Turn& turn) {
  gave_up_ = spawn_permit_ = false;
  if (state_ == State::stopped) return;
  set_state(turn, State::stopping);
  ask(turn, {conf::Hook::before_stop});
  const auto any = [](const Slot&) { return true; };
  for (const SlotId id : slots_that(any)) stop_slot(turn, *find(id), After::remove);
}

/// Stopped, and the hooks know.
bool Watcher::come_down(Turn& turn) {
  if (!slots_.empty()) return false;
  set_state(turn, State::stopped);
  return !line_.busy();
}

/// A hook had the watcher stopped.
bool Watcher::step_refused(Turn& turn, Operation& operation) {
  if (!come_down(turn)) return false;
  take_config(operation);
  // Circus tells the end of a graceful reload whatever came of it.
  if (operation.kind == Operation::Kind::reload && operation.graceful) turn.publish(topic_, "reload");
  Value result;
  if (operation.kind == Operation::Kind::resize) {
    result = Value::object().set("numprocesses", operation.target);
  } else if (operation.kind != Operation::Kind::stop) {
    result = changes(operation, operation.kind != Operation::Kind::start);
  }
  common_.tickets.settle(turn, operation.ticket, std::move(result), name());
  return true;
}

bool Watcher::step_stop(Turn& turn, Operation& operation) {
  if (!come_down(turn)) return false;
  common_.tickets.settle(turn, operation.ticket, Value());
  return true;
}

bool Watcher::step_restart(Turn& turn, Operation& operation) {
  if (operation.phase == Operation::Phase::stopping) {
    if (!come_down(turn)) return false;
    if (operation.kind == Operation::Kind::restart && operation.joint != 0) return false;
    take_config(operation);
    if (!operation.starts) {
      common_.tickets.settle(turn, operation.ticket, changes(operation, true), name());
      return true;
    }
    begin_start(turn, operation);
    fill(turn);
    if (line_.busy()) return false;
  }
  if (!started_all() && !held(0)) return false;
  if (!become_active(turn)) return false;
  common_.tickets.settle(turn, operation.ticket, changes(operation, true), name());
  return true;
}

bool Watcher::works_on(std::uint64_t joint) const {
  return std::any_of(operations_.begin(), operations_.end(),
                     [&](const Operation& operation) { return operation.joint == joint; });
}

bool Watcher::awaits_turn(std::uint64_t joint) const {
  const Operation* const stopped = front(Operation::Phase::stopping);
  return stopped && stopped->joint == joint && state_ == State::stopped && !line_.busy();
}

void Watcher::take_turn(Turn& turn) {
  operations_.front().joint = 0;
  after_input(turn);
}

/// Surplus goes first, so that there are never more processes than before or after.
bool Watcher::step_resize(Turn& turn, Operation& operation) {
  if (wants_processes()) {
    if (operation.phase == Operation::Phase::retiring) {
      if (tally_.leaving > 0) return false;
      operation.phase = Operation::Phase::starting;
      gave_up_ = false;
      top_up();
      fill(turn);
    }
    if (!started_all() && !held(0)) return false;
    if (line_.busy()) return false;
  }
  common_.tickets.settle(turn, operation.ticket, Value::object().set("numprocesses", operation.target));
  return true;
}

}  // namespace troupe::core
