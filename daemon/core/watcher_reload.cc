#include <algorithm>
#include <csignal>

#include "daemon/core/watcher.h"

namespace troupe::core {

void Watcher::begin_reload(Turn& turn, Operation& operation) {
  if (state_ == State::stopped) {
    begin_start(turn, operation);
  } else if (!operation.graceful) {
    operation.phase = Operation::Phase::stopping;
    begin_stop(turn);
  } else if (config_.send_hup) {
    operation.phase = Operation::Phase::retiring;
    retire_surplus(turn);
    top_up();
    for (const auto& [id, slot] : slots_) {
      if (slot.state() == Slot::State::running) turn.emit(Signal{slot.process(), slot.pid(), SIGHUP});
    }
  } else {
    operation.phase = Operation::Phase::replacing;
    forget_failures();
    drop_all_holds(turn);
    if (config_.singleton) operation.sequential = true;  // there is never a second one beside the first
    operation.sequential ? begin_sequential(turn, operation) : begin_graceful(turn);
  }
}

bool Watcher::step_reload(Turn& turn, Operation& operation) {
  switch (operation.phase) {
    case Operation::Phase::stopping:
      return step_restart(turn, operation);
    case Operation::Phase::starting:
      if (!operation.graceful) return step_restart(turn, operation);
      return (started_all() || held(0)) && finish_reload(turn, operation);
    case Operation::Phase::replacing:
      return operation.sequential ? step_sequential(turn, operation) : step_graceful(turn, operation);
    default:
      if (tally_.leaving > 0) return false;
      if (!operation.error) return finish_reload(turn, operation);
      common_.tickets.fail(turn, operation.ticket, *operation.error);
      return true;
  }
}

bool Watcher::finish_reload(Turn& turn, Operation& operation) {
  if (!become_active(turn)) return false;
  turn.publish(topic_, "reload");
  turn.note(Note::Level::info, name() + " reloaded");
  common_.tickets.settle(turn, operation.ticket, changes(operation, true), name());
  return true;
}

bool Watcher::fail_reload(Turn& turn, const Operation& operation, const std::string& why) {
  common_.tickets.fail(turn, operation.ticket,
                       make_error(Code::failed, "reload of " + name() + ": " + why +
                                                    "; the processes not yet replaced go on"));
  return true;
}

// ---- all at once

/// As many new processes as the watcher wants, beside the old ones, which go on until the new ones run.
void Watcher::begin_graceful(Turn& turn) {
  ++generation_;
  finished_ = 0;
  const auto any = [](const Slot&) { return true; };
  for (const SlotId id : slots_that(any)) {
    Slot& slot = *find(id);
    if (slot.alive()) {
      touch(slot, [](Slot& s) { s.set_leaving(true); });
    } else {
      stop_slot(turn, slot, After::remove);
    }
  }
  top_up();
}

bool Watcher::step_graceful(Turn& turn, Operation& operation) {
  if (!started_all()) {
    if (!held(0)) return false;
    roll_back_reload(turn, operation, held_text());
  } else {
    operation.phase = Operation::Phase::retiring;
    const auto old = [](const Slot& slot) { return slot.leaving(); };
    for (const SlotId id : slots_that(old)) stop_slot(turn, *find(id), After::remove);
  }
  return step_reload(turn, operation);
}

/// The new processes cannot be started: the old ones stay, which is what a reload without loss means. New
/// ones that run stay only in the places of old ones that died meanwhile.
void Watcher::roll_back_reload(Turn& turn, Operation& operation, const std::string& why) {
  const auto runs = [&](SlotId id) { return find(id)->state() == Slot::State::running; };
  std::vector<SlotId> old = slots_that([](const Slot& slot) { return slot.leaving(); });
  std::vector<SlotId> fresh = slots_that([](const Slot& slot) { return !slot.leaving(); });
  std::stable_partition(old.begin(), old.end(), runs);
  std::stable_partition(fresh.begin(), fresh.end(), runs);

  int places = std::max(0, config_.numprocesses);
  for (const SlotId id : old) {
    if (places > 0) {
      --places;
      touch(*find(id), [](Slot& s) { s.set_leaving(false); });
    } else {
      stop_slot(turn, *find(id), After::remove);
    }
  }
  for (const SlotId id : fresh) {
    if (places > 0 && runs(id)) {
      --places;
    } else {
      stop_slot(turn, *find(id), After::remove);
    }
  }
  if (!gave_up_) top_up();
  operation.phase = Operation::Phase::retiring;
  operation.error =
      make_error(Code::failed, "reload of " + name() + ": " + why + "; the old processes go on");
}

// ---- one after the other: stop, wait, start, pause of warmup_delay

void Watcher::begin_sequential(Turn& turn, Operation& operation) {
  ++generation_;
  retire_surplus(turn);
  top_up();
  operation.to_replace = slots_that([](const Slot& slot) { return slot.alive() && !slot.leaving(); });
  std::reverse(operation.to_replace.begin(), operation.to_replace.end());
}

bool Watcher::step_sequential(Turn& turn, Operation& operation) {
  for (;;) {
    if (const Slot* slot = find(operation.replacing)) {
      const bool replaced = slot->state() == Slot::State::running && slot->generation() == generation_;
      if (!replaced && held(slot->wid())) return fail_reload(turn, operation, held_text());
      if (!replaced && !gave_up_) return false;
      if (turn.now < next_spawn_at_ && !operation.to_replace.empty()) return false;
    }
    if (gave_up_) return fail_reload(turn, operation, trouble_ ? trouble_->text : "given up");
    operation.replacing = 0;
    if (operation.to_replace.empty()) break;
    Slot* next = find(operation.to_replace.back());
    operation.to_replace.pop_back();
    if (!next || next->leaving() || next->generation() == generation_ || !next->alive()) continue;
    operation.replacing = next->id();
    stop_slot(turn, *next, After::respawn);
  }
  return finish_reload(turn, operation);
}

}  // namespace troupe::core
