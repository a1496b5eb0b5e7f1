#include <algorithm>
#include <cstring>

#include "daemon/core/watcher.h"
#include "daemon/core/words.h"

namespace troupe::core {

// ---- starts that work, and starts that fail

void Watcher::on_spawned(Turn& turn, SlotId id, int pid, Instant started) {
  Slot* slot = find(id);
  if (!slot || slot->has_pid()) return;
  common_.spawn_queue.landed(slot->process());
  if (slot->process() > failed_until_) recover(turn);
  Duration life{};
  if (config_.max_age > Duration{}) life = config_.max_age + common_.random.up_to(config_.max_age_variance);
  if (hook(conf::Hook::after_spawn) && slot->state() == Slot::State::spawning) {
    // Its events come when the hook has answered.
    Effects events;
    Turn inner{turn.now, events};
    touch(*slot, [&](Slot& s) { s.on_spawned(inner, topic_, pid, started, life); });
    ask(turn, {conf::Hook::after_spawn, Value::object().set("pid", pid)});
    route(turn, *slot, std::move(events), true);
  } else {
    act(turn, *slot, [&](Slot& s, Turn& t) { s.on_spawned(t, topic_, pid, started, life); });
  }
  after_input(turn);
}

/// A start worked that began after the last one failed.
void Watcher::recover(Turn& turn) {
  forget_failures();
  if (trouble_ && wants_processes()) {
    trouble_.reset();
    turn.note(Note::Level::info, name() + ": starts again");
  }
}

void Watcher::forget_failures() {
  failures_ = 0;
  retry_at_ = {};
  gave_up_ = false;
}

void Watcher::on_spawn_failed(Turn& turn, SlotId id, const SpawnFailure& failure) {
  Slot* slot = find(id);
  if (!slot || slot->has_pid()) return;
  const ProcessId process = slot->process();
  const bool called_off = slot->state() == Slot::State::stopping && failure.error == ECANCELED;
  const bool told = called_off || process <= failed_until_;  // what failed together is one failure
  const int wid = slot->wid();
  touch(*slot, [&](Slot& s) { s.on_spawn_failed(turn, turn.now); });
  if (told && !called_off && gave_up_ && wants_processes())
    touch(*slot, [](Slot& s) { s.set_leaving(true); });
  if (slot->state() == Slot::State::gone || slot->leaving()) erase_slot(id);
  forget_process(turn, process);
  if (!told) record_failure(turn, failure, wid);
  after_input(turn);
}

namespace {

Value code_of(const Exit& exit) {
  return exit.status ? Value(*exit.status) : Value();
}

}  // namespace

void Watcher::record_exit(Turn& turn, const Slot& slot, const Exit& exit) {
  std::string text = words_of(exit);
  turn.note(Note::Level::info, name() + ": process " + std::to_string(exit.pid) + " (wid " +
                                   std::to_string(slot.wid()) + ") " + text);
  last_exit_ = LastExit{exit.pid, slot.wid(), exit.status, std::move(text), turn.now};
}

/// As Circus writes it, for scripts that look for it, and what it leaves out: where the start failed.
std::string Watcher::failure_line(const SpawnFailure& failure) const {
  const std::string line = "error in '" + name() + "': ";
  if (!failure.text.empty() || failure.stage == "cmd") {
    return line + words_of(failure) + " (" + std::string(failure.stage);
  }
  return line + "[Errno " + std::to_string(failure.error) + "] " + std::strerror(failure.error) +
         (failure.subject.empty() ? "" : ": '" + failure.subject + "'") + " (" + std::string(failure.stage);
}

void Watcher::record_failure(Turn& turn, const SpawnFailure& failure, int wid) {
  ++failures_;
  failed_until_ = common_.last_process;
  retry_at_ = turn.now + pause_after_failure(failures_, common_.random);
  const bool no_command = failure.stage == "cmd";  // the configuration makes none: trying again is no use
  const std::string text = words_of(failure);
  trouble_ = Trouble{std::string(failure.stage), failure.error, text, turn.now};
  turn.publish(topic_, "spawn_failed",
               Value::object()
                   .set("stage", failure.stage)
                   .set("errno", failure.error)
                   .set("error", text)
                   .set("wid", wid)
                   .set("failures", failures_));
  const bool used_up = config_.max_retry >= 0 && failures_ >= std::max(1, config_.max_retry);
  const bool last = wants_processes() && (used_up || no_command);
  turn.note(Note::Level::warning, failure_line(failure) +
                                      (last ? ", given up after " : ", failed start number ") +
                                      std::to_string(failures_) + ")");
  if (last) give_up(turn);
}

void Watcher::give_up(Turn& turn) {
  forget_failures();
  gave_up_ = true;
  Operation* reload = operations_.empty() ? nullptr : &operations_.front();
  if (reload && reload->phase == Operation::Phase::replacing && !reload->sequential) {
    roll_back_reload(turn, *reload, trouble_->text);
    return;
  }
  const auto without_process = [](const Slot& slot) { return !slot.alive(); };
  for (const SlotId id : slots_that(without_process)) stop_slot(turn, *find(id), After::remove);
}

// ---- ends

void Watcher::on_exited(Turn& turn, SlotId id, const Exit& exit) {
  Slot* slot = find(id);
  if (!slot || slot->reaped()) return;
  const bool on_purpose = slot->state() == Slot::State::stopping;
  if (!on_purpose) record_exit(turn, *slot, exit);
  HookCall before{conf::Hook::before_reap, Value::object().set("process_pid", exit.pid)};
  before.time = turn.now;
  HookCall after{conf::Hook::after_reap, before.arguments, turn.now};
  constexpr int gone = 2;  // as Circus says it of a process that it has waited for
  after.arguments.set("exit_code", code_of(exit)).set("process_status", exit.status ? Value(gone) : Value());
  ask(turn, std::move(before));
  tell(turn, "reap",
       Value::object().set("process_pid", exit.pid).set("exit_code", code_of(exit)).set("wid", slot->wid()));
  ask(turn, std::move(after));
  touch(*slot, [&](Slot& s) { s.on_exited(turn); });
  if (slot->state() == Slot::State::gone) process_gone(turn, *slot, on_purpose);
  after_input(turn);
}

void Watcher::on_signalled(Turn& turn, SlotId id, int pid) {
  Slot* slot = find(id);
  if (!slot || slot->pid() == pid) return;  // the event of the process itself is out already
  turn.publish(topic_, "kill", Value::object().set("process_pid", pid));
}

void Watcher::on_tree_gone(Turn& turn, SlotId id) {
  Slot* slot = find(id);
  if (!slot) return;
  touch(*slot, [&](Slot& s) { s.on_tree_gone(turn); });
  if (slot->state() == Slot::State::gone) process_gone(turn, *slot, true);
  after_input(turn);
}

void Watcher::on_stray(Turn& turn, SlotId id, int pid) {
  Slot* slot = find(id);
  if (!slot) return;
  const bool itself = slot->pid() == pid;
  if (itself && (slot->state() != Slot::State::stopping || slot->reaped())) return;
  if (common_.strays.size() < max_strays) common_.strays[pid] = id_;
  if (!itself) return;
  turn.note(Note::Level::error,
            name() + ": process " + std::to_string(pid) +
                " may not be signalled by this daemon, since it runs as another user: it is left behind; "
                "end it as root or as that user (kill " +
                std::to_string(pid) + ")");
  touch(*slot, [&](Slot& s) { s.on_exited(turn); });
  if (slot->state() == Slot::State::gone) process_gone(turn, *slot, true);
  after_input(turn);
}

void Watcher::process_gone(Turn& turn, Slot& slot, bool on_purpose) {
  const ProcessId process = slot.process();
  const bool being_replaced = !operations_.empty() && operations_.front().replacing == slot.id();
  const bool comes_back = wants_processes() && !slot.leaving();
  if (comes_back && ((config_.respawn && !config_.on_demand) || being_replaced)) {
    const bool spun_before = slot.spinning();
    touch(slot, [&](Slot& s) { s.rest(turn, respawn_policy(), on_purpose); });
    if (slot.spinning() && !spun_before) {
      turn.note(Note::Level::warning,
                name() + ": a process exits as soon as it starts; from now on one start a second");
    }
  } else {
    if (comes_back) ++finished_;
    erase_slot(slot.id());
  }
  forget_process(turn, process);
}

/// That process will never be heard of again.
void Watcher::forget_process(Turn& turn, ProcessId process) {
  common_.processes.erase(process);
  common_.spawn_queue.landed(process);
  for (KillWait& kill : kills_) {
    kill.left.erase(process);
    if (kill.left.empty()) common_.tickets.settle(turn, kill.ticket, Value::object());
  }
  std::erase_if(kills_, [](const KillWait& kill) { return kill.left.empty(); });
}

// ---- kills, and the end of the watcher

void Watcher::kill(Turn& turn, const KillOrder& order, Ticket ticket) {
  KillWait wait{ticket, {}};
  StopOrder stop = stop_order();
  if (order.signum) stop.signum = *order.signum;
  if (order.grace) stop.grace = *order.grace;
  const std::set<int> pids(order.pids.begin(), order.pids.end());
  for (auto& [id, slot] : slots_) {
    const bool meant = pids.empty() || (slot.has_pid() && pids.count(slot.pid()) > 0);
    if (!slot.alive() || !meant) continue;
    act(turn, slot, [&](Slot& s, Turn& t) { s.stop(t, topic_, stop, After::respawn); });
    wait.left.insert(slot.process());
  }
  if (wait.left.empty()) {
    common_.tickets.settle(turn, ticket, Value::object());
  } else {
    kills_.push_back(std::move(wait));
  }
  after_input(turn);
}

void Watcher::abandon(Turn& turn) {
  interrupt(turn, its_removal);
  for (const Operation& stop : operations_) common_.tickets.settle(turn, stop.ticket, Value());
  operations_.clear();
  for (const KillWait& kill : kills_) common_.tickets.settle(turn, kill.ticket, Value::object());
  kills_.clear();
  drop_hooks(turn);
  clear_timers(turn);
  forget_demand();
}

void Watcher::hurry(Turn& turn) {
  hooks_off_ = true;
  if (line_.busy() || !line_.commands.empty()) {
    drop_hooks(turn);
    after_input(turn);
  }
  for (auto& [id, slot] : slots_) {
    touch(slot, [&](Slot& s) { s.kill_now(turn, topic_); });
  }
}

}  // namespace troupe::core
