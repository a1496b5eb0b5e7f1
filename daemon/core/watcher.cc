#include "daemon/core/watcher.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "daemon/core/make_spec.h"
#include "lib/base/text.h"

namespace troupe::core {

Watcher::Watcher(WatcherId id, conf::WatcherConfig config, Common& common)
    : id_(id), config_(std::move(config)), common_(common), topic_(topic_prefix(config_.name)) {}

Watcher::~Watcher() {
  for (const auto& [slot_id, slot] : slots_) {
    common_.slots.erase(slot_id);
    common_.processes.erase(slot.process());
    common_.in_flight.erase(slot.process());
  }
}

// ---- the slots and what is counted about them

void Watcher::Tally::add(const Slot& slot, int sign) {
  members += slot.leaving() ? 0 : sign;
  leaving += slot.leaving() ? sign : 0;
  untried += !slot.leaving() && !slot.attempted() ? sign : 0;
  queued += slot.state() == Slot::State::queued || slot.state() == Slot::State::spawning ? sign : 0;
  with_process += slot.alive() ? sign : 0;
}

Slot& Watcher::add_slot() {
  const SlotId id = ++common_.last_slot;
  Slot& slot = slots_.emplace(id, Slot(id)).first->second;
  common_.slots.emplace(id, id_);
  tally_.add(slot, +1);
  waiting_.insert(id);
  return slot;
}

void Watcher::erase_slot(SlotId id) {
  const auto found = slots_.find(id);
  tally_.add(found->second, -1);
  wids_.release(found->second.wid());
  waiting_.erase(id);
  common_.slots.erase(id);
  slots_.erase(found);
}

Slot* Watcher::find(SlotId id) {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

std::vector<int> Watcher::pids() const {
  std::vector<int> pids;
  for (const auto& [id, slot] : slots_) {
    if (slot.alive() && slot.has_pid()) pids.push_back(slot.pid());
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

StopOrder Watcher::stop_order() const {
  return {config_.stop_signal, config_.graceful_timeout, config_.stop_children};
}

RespawnPolicy Watcher::respawn_policy() const {
  return {config_.restart_delay, config_.restart_delay_max, config_.restart_reset};
}

// ---- filling: what brings processes up and back

bool Watcher::held(int wid) const {
  return std::any_of(holds_.begin(), holds_.end(),
                     [&](const Hold& hold) { return hold.wid == 0 || hold.wid == wid; });
}

bool Watcher::may_spawn(const Turn& turn) const {
  if (failures_ > 0) return turn.now >= retry_at_ && tally_.queued == 0;  // one slot tries for all
  const bool reloading = !operations_.empty() && operations_.front().phase == Operation::Phase::replacing &&
                         !operations_.front().sequential;
  if (config_.warmup_delay > Duration{} && !reloading) {
    return turn.now >= next_spawn_at_ && tally_.queued == 0;
  }
  return true;
}

void Watcher::fill(Turn& turn) {
  if (!wants_processes() || held(0)) return;
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    Slot& slot = *find(*next++);  // queueing takes the slot out of the set
    if (slot.due() > turn.now || (slot.wid() != 0 && held(slot.wid()))) continue;
    if (!may_spawn(turn)) return;
    touch(slot, [](Slot& s) { s.queue(); });
    common_.spawn_queue.push_back({id_, slot.id()});
  }
}

void Watcher::top_up() {
  while (tally_.members < config_.numprocesses) add_slot();
}

void Watcher::retire_surplus(Turn& turn) {
  std::vector<const Slot*> candidates;
  for (const auto& [id, slot] : slots_) {
    if (!slot.leaving()) candidates.push_back(&slot);
  }
  // What does not run costs nothing to give up; of the others the oldest go first, as Circus does it.
  std::stable_sort(candidates.begin(), candidates.end(), [](const Slot* a, const Slot* b) {
    if (a->has_pid() != b->has_pid()) return !a->has_pid();
    return a->started() < b->started();
  });
  for (const Slot* slot : candidates) {
    if (tally_.members <= config_.numprocesses) return;
    stop_slot(turn, *find(slot->id()), After::remove);
  }
}

void Watcher::stop_slot(Turn& turn, Slot& slot, After after) {
  touch(slot, [&](Slot& s) { s.stop(turn, topic_, stop_order(), after); });
  if (slot.state() == Slot::State::gone) erase_slot(slot.id());
}

void Watcher::spawn_queued(Turn& turn, SlotId id) {
  Slot* slot = find(id);
  if (!slot || slot->state() != Slot::State::queued) return;
  if (!wants_processes() || held(0)) {
    touch(*slot, [](Slot& s) { s.unqueue(); });
    return;
  }
  const int wid = slot->wid() != 0 ? slot->wid() : wids_.take();
  const ProcessId process = ++common_.last_process;
  next_spawn_at_ = turn.now + config_.warmup_delay;
  common_.processes.emplace(process, std::pair{id_, id});
  common_.in_flight.insert(process);
  auto spec = make_spec(config_, wid);
  touch(*slot,
        [&](Slot& s) { s.spawn(turn, process, wid, generation_, spec ? *std::move(spec) : SpawnSpec{}); });
  if (spec) return;
  turn.out.pop_back();  // nothing to carry out: the configuration does not make a command
  on_spawn_failed(turn, id, SpawnFailure{"cmd", EINVAL, spec.error().text});
}

void Watcher::on_spawned(Turn& turn, SlotId id, int pid, Instant started) {
  Slot* slot = find(id);
  if (!slot) return;
  common_.in_flight.erase(slot->process());
  failures_ = 0;
  retry_at_ = {};
  gave_up_ = false;
  if (trouble_ && wants_processes()) {
    trouble_.reset();
    turn.note(Note::Level::info, name() + ": starts again");
  }
  Duration life{};
  if (config_.max_age > Duration{}) life = config_.max_age + common_.random.up_to(config_.max_age_variance);
  touch(*slot, [&](Slot& s) { s.on_spawned(turn, topic_, pid, started, life); });
  after_input(turn);
}

void Watcher::on_spawn_failed(Turn& turn, SlotId id, const SpawnFailure& failure) {
  Slot* slot = find(id);
  if (!slot) return;
  common_.processes.erase(slot->process());
  common_.in_flight.erase(slot->process());
  const int wid = slot->wid();
  touch(*slot, [&](Slot& s) { s.on_spawn_failed(turn, turn.now); });
  if (slot->state() == Slot::State::gone) erase_slot(id);
  // Spawns that were on their way together fail together: that is one failure.
  if (turn.now >= retry_at_) {
    ++failures_;
    const Duration pause = pause_after_failure(failures_, common_.random);
    retry_at_ = turn.now + pause;
    std::string text(failure.stage);
    if (!failure.subject.empty()) text += " " + failure.subject;
    if (failure.stage != "cmd") text += std::string(": ") + std::strerror(failure.error);
    trouble_ = Trouble{std::string(failure.stage), failure.error, text, turn.now};
    turn.publish(topic_, "spawn_failed",
                 Value::object()
                     .set("stage", failure.stage)
                     .set("errno", failure.error)
                     .set("error", text)
                     .set("wid", wid)
                     .set("failures", failures_));
    const bool last = config_.max_retry >= 0 && failures_ >= std::max(1, config_.max_retry);
    turn.note(Note::Level::warning, name() + ": " + text +
                                        (last ? "; given up after " : "; failed start number ") +
                                        std::to_string(failures_));
    if (last) give_up(turn);
  }
  after_input(turn);
}

void Watcher::give_up(Turn& turn) {
  gave_up_ = true;
  failures_ = 0;
  retry_at_ = {};
  if (!operations_.empty() && operations_.front().phase == Operation::Phase::replacing &&
      !operations_.front().sequential) {
    roll_back_reload(turn);
    return;
  }
  for (const SlotId id : std::vector(waiting_.begin(), waiting_.end())) erase_slot(id);
  for (const auto& [id, slot] : std::map(slots_)) {
    if (slot.state() == Slot::State::queued) erase_slot(id);
  }
  if (slots_.empty() && wants_processes()) set_state(turn, State::stopped);
}

void Watcher::on_exited(Turn& turn, SlotId id, const Exit& exit) {
  Slot* slot = find(id);
  if (!slot) return;
  const bool on_purpose = slot->state() == Slot::State::stopping;
  turn.publish(
      topic_, "reap",
      Value::object().set("process_pid", exit.pid).set("exit_code", exit.status).set("wid", slot->wid()));
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

void Watcher::process_gone(Turn& turn, Slot& slot, bool on_purpose) {
  const ProcessId process = slot.process();
  common_.processes.erase(process);
  common_.in_flight.erase(process);
  const bool being_replaced = !operations_.empty() && operations_.front().replacing == slot.id();
  if (slot.leaving() || !wants_processes() || !(config_.respawn || being_replaced)) {
    erase_slot(slot.id());
  } else {
    const bool spun_before = slot.spinning();
    touch(slot, [&](Slot& s) { s.rest(turn, respawn_policy(), on_purpose); });
    if (slot.spinning() && !spun_before) {
      turn.note(Note::Level::warning,
                name() + ": a process exits as soon as it starts; from now on one start a second");
    }
  }
  for (KillWait& kill : kills_) {
    kill.left.erase(process);
    if (kill.left.empty()) common_.tickets.settle(turn, kill.ticket, Value::object());
  }
  std::erase_if(kills_, [](const KillWait& kill) { return kill.left.empty(); });
}

// ---- time, holds, kills

void Watcher::on_slot_timer(Turn& turn, SlotId id) {
  Slot* slot = find(id);
  if (!slot) return;
  Slot::Ring ring{};
  touch(*slot, [&](Slot& s) { ring = s.on_timer(turn, topic_); });
  if (ring == Slot::Ring::aged) stop_slot(turn, *slot, After::respawn);
  after_input(turn);
}

void Watcher::on_timer(Turn& turn) {
  timer_ = never;
  for (const Hold& hold : std::vector(holds_)) {
    if (hold.until <= turn.now) unhold(turn, hold.wid, hold.by);
  }
  after_input(turn);
}

void Watcher::hold(Turn& turn, Hold hold) {
  std::erase_if(holds_, [&](const Hold& known) { return known.wid == hold.wid && known.by == hold.by; });
  Value data = Value::object().set("by", hold.by).set("reason", hold.reason);
  if (hold.wid != 0) data.set("wid", hold.wid);
  turn.publish(topic_, "hold", std::move(data));
  holds_.push_back(std::move(hold));
  after_input(turn);
}

void Watcher::unhold(Turn& turn, int wid, const std::string& by) {
  const auto same = [&](const Hold& hold) { return hold.wid == wid && (by.empty() || hold.by == by); };
  if (std::erase_if(holds_, same) == 0) return;
  Value data = Value::object().set("by", by);
  if (wid != 0) data.set("wid", wid);
  turn.publish(topic_, "unhold", std::move(data));
  after_input(turn);
}

void Watcher::kill(Turn& turn, const KillOrder& order, Ticket ticket) {
  KillWait wait{ticket, {}};
  StopOrder stop = stop_order();
  if (order.signum) stop.signum = *order.signum;
  if (order.grace) stop.grace = *order.grace;
  for (auto& [id, slot] : slots_) {
    const bool meant =
        order.pids.empty() || std::find(order.pids.begin(), order.pids.end(), slot.pid()) != order.pids.end();
    if (!slot.alive() || !slot.has_pid() || !meant) continue;
    touch(slot, [&](Slot& s) { s.stop(turn, topic_, stop, After::respawn); });
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
  interrupt(turn);
  for (const Operation& stop : operations_) common_.tickets.settle(turn, stop.ticket, Value());
  operations_.clear();
  for (const KillWait& kill : kills_) common_.tickets.settle(turn, kill.ticket, Value::object());
  kills_.clear();
  for (const auto& [id, slot] : slots_) turn.emit(WakeAt{{TimerKey::Kind::slot, id}, never});
  turn.emit(WakeAt{{TimerKey::Kind::watcher, id_}, never});
}

void Watcher::hurry(Turn& turn) {
  for (auto& [id, slot] : slots_) {
    touch(slot, [&](Slot& s) { s.kill_now(turn, topic_); });
  }
}

Instant Watcher::next_try() const {
  if (waiting_.empty() || !wants_processes()) return never;
  Instant next = never;
  for (const SlotId id : waiting_) next = std::min(next, slots_.at(id).due());
  if (failures_ > 0) next = std::max(next, retry_at_);
  return next;
}

bool Watcher::spinning() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const auto& entry) { return entry.second.spinning(); });
}

void Watcher::set_state(Turn& turn, State state) {
  if (state == state_) return;
  state_ = state;
  since_ = turn.now;
  if (state == State::active) turn.publish(topic_, "start");
  if (state == State::stopped) turn.publish(topic_, "stop");
}

void Watcher::after_input(Turn& turn) {
  fill(turn);
  advance(turn);
  rearm(turn);
}

void Watcher::rearm(Turn& turn) {
  Instant at = never;
  const auto want = [&](Instant time) {
    if (time > turn.now) at = std::min(at, time);
  };
  if (!waiting_.empty() && wants_processes() && !held(0)) {
    if (failures_ > 0) {
      want(retry_at_);
    } else if (config_.warmup_delay > Duration{}) {
      want(next_spawn_at_);
    }
  }
  if (!operations_.empty() && operations_.front().sequential) want(next_spawn_at_);
  for (const Hold& hold : holds_) want(hold.until);
  if (at == timer_) return;
  timer_ = at;
  turn.emit(WakeAt{{TimerKey::Kind::watcher, id_}, at});
}

std::string_view to_text(Watcher::State state) {
  switch (state) {
    case Watcher::State::stopped:
      return "stopped";
    case Watcher::State::starting:
      return "starting";
    case Watcher::State::active:
      return "active";
    case Watcher::State::stopping:
      return "stopping";
  }
  return "stopped";
}

std::string topic_prefix(std::string_view watcher_name) {
  std::string name = to_lower(watcher_name);
  std::replace(name.begin(), name.end(), ' ', '_');
  return "watcher." + name + ".";
}

}  // namespace troupe::core
