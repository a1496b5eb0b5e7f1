#include "daemon/core/watcher.h"

#include <algorithm>
#include <cerrno>

#include "daemon/core/make_spec.h"
#include "lib/base/text.h"

namespace troupe::core {

Watcher::Watcher(WatcherId id, conf::WatcherConfig config, Common& common, Instant now)
    : id_(id), config_(std::move(config)), common_(common), topic_(topic_prefix(config_.name)), since_(now) {}

Watcher::~Watcher() {
  for (const auto& [slot_id, slot] : slots_) {
    common_.slots.erase(slot_id);
    common_.processes.erase(slot.process());
    common_.spawn_queue.drop(slot_id);
    common_.spawn_queue.landed(slot.process());
  }
  forget_demand();
  std::erase_if(common_.strays, [&](const auto& stray) { return stray.second == id_; });
  if (line_.running) common_.hooks.erase(line_.id);
  if (up_) --(config_.plugin ? common_.plugins_up : common_.watchers_up);
}

// ---- the slots and what is counted about them

void Watcher::Tally::add(const Slot& slot, int sign) {
  members += slot.leaving() ? 0 : sign;
  leaving += slot.leaving() ? sign : 0;
  untried += !slot.leaving() && !slot.attempted() ? sign : 0;
  queued += slot.state() == Slot::State::queued ? sign : 0;
  spawning += slot.state() == Slot::State::spawning ? sign : 0;
  with_process += slot.alive() ? sign : 0;
}

Slot& Watcher::add_slot() {
  const SlotId id = ++common_.last_slot;
  Slot& slot = slots_.emplace(id, Slot(id)).first->second;
  common_.slots.emplace(id, id_);
  tally_.add(slot, +1);
  ready_.insert(id);
  return slot;
}

void Watcher::erase_slot(SlotId id) {
  const auto found = slots_.find(id);
  tally_.add(found->second, -1);
  wids_.release(found->second.wid());
  ready_.erase(id);
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
    if (slot.alive() && slot.has_pid() && !slot.reaped()) pids.push_back(slot.pid());
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::vector<int> Watcher::strays() const {
  std::vector<int> pids;
  for (const auto& [pid, watcher] : common_.strays) {
    if (watcher == id_) pids.push_back(pid);
  }
  return pids;
}

StopOrder Watcher::stop_order() const {
  return {config_.stop_signal, config_.graceful_timeout, config_.stop_children};
}

RespawnPolicy Watcher::respawn_policy() const {
  return {config_.restart_delay, config_.restart_delay_max, config_.restart_reset};
}

// ---- filling: what brings processes up and back

/// Whether one more slot may go into the world's queue.
bool Watcher::may_queue(const Turn& turn) const {
  const bool alone = tally_.queued + tally_.spawning == 0;
  if (!alone && (hook(conf::Hook::before_spawn) || hook(conf::Hook::after_spawn))) return false;
  if (failures_ > 0) return turn.now >= retry_at_ && alone;  // one slot tries for all
  const Operation* reload = front(Operation::Phase::replacing);
  const bool pauses = config_.warmup_delay > Duration{} && (!reload || reload->sequential);
  return !pauses || (turn.now >= next_spawn_at_ && alone);
}

/// Whether a slot that was queued is still to be started: much may have happened since.
bool Watcher::may_spawn(const Turn& turn, const Slot& slot) const {
  if (!wants_processes() || held(slot.wid()) || line_.busy()) return false;
  return failures_ == 0 || (turn.now >= retry_at_ && tally_.spawning == 0);
}

void Watcher::fill(Turn& turn) {
  if (!wants_processes() || held(0) || line_.busy()) return;
  for (auto next = ready_.begin(); next != ready_.end();) {
    Slot& slot = *find(*next++);  // queueing takes the slot out of the set
    if (held(slot.wid())) continue;
    if (!may_queue(turn)) return;
    if (!spawn_permit_ && ask(turn, {conf::Hook::before_spawn})) return;
    touch(slot, [](Slot& s) { s.queue(); });
    common_.spawn_queue.push(id_, slot.id());
  }
}

void Watcher::spawn_queued(Turn& turn, SlotId id) {
  Slot* slot = find(id);
  if (!slot || slot->state() != Slot::State::queued) return;
  if (!may_spawn(turn, *slot)) {
    touch(*slot, [](Slot& s) { s.unqueue(); });
    after_input(turn);
    return;
  }
  spawn_permit_ = false;
  const int wid = slot->wid() != 0 ? slot->wid() : wids_.take();
  const ProcessId process = ++common_.last_process;
  next_spawn_at_ = turn.now + config_.warmup_delay;
  common_.processes.emplace(process, std::pair{id_, id});
  common_.spawn_queue.took_off(process, id_);
  auto spec = make_spec(config_, wid, common_.environment, common_.sockets);
  touch(*slot,
        [&](Slot& s) { s.spawn(turn, process, wid, generation_, spec ? *std::move(spec) : SpawnSpec{}); });
  if (spec) return rearm(turn);
  turn.out.pop_back();  // nothing to carry out: the configuration does not make a command
  on_spawn_failed(turn, id, SpawnFailure{"cmd", EINVAL, spec.error().text});
}

void Watcher::top_up() {
  while (tally_.members + finished_ < config_.numprocesses) add_slot();
}

void Watcher::retire_surplus(Turn& turn) {
  if (tally_.members > config_.numprocesses) {
    std::vector<const Slot*> candidates;
    for (const auto& [id, slot] : slots_) {
      if (!slot.leaving()) candidates.push_back(&slot);
    }
    // What does not run costs nothing to give up; of the others the oldest go first, as Circus does it.
    std::stable_sort(candidates.begin(), candidates.end(), [](const Slot* a, const Slot* b) {
      const bool a_runs = a->state() == Slot::State::running, b_runs = b->state() == Slot::State::running;
      if (a_runs != b_runs) return b_runs;
      return a_runs && a->started() < b->started();
    });
    candidates.resize(static_cast<std::size_t>(tally_.members - std::max(0, config_.numprocesses)));
    for (const Slot* slot : candidates) stop_slot(turn, *find(slot->id()), After::remove);
  }
  finished_ = std::clamp(finished_, 0, std::max(0, config_.numprocesses - tally_.members));
}

void Watcher::stop_slot(Turn& turn, Slot& slot, After after) {
  act(turn, slot, [&](Slot& s, Turn& t) { s.stop(t, topic_, stop_order(), after); });
  if (slot.state() == Slot::State::gone) erase_slot(slot.id());
}

// ---- time

void Watcher::on_slot_timer(Turn& turn, SlotId id) {
  Slot* slot = find(id);
  if (!slot) return;
  Slot::Ring ring{};
  act(turn, *slot, [&](Slot& s, Turn& t) { ring = s.on_timer(t, topic_); });
  if (ring == Slot::Ring::aged) stop_slot(turn, *slot, After::respawn);
  if (ring == Slot::Ring::killed && slot->has_pid()) {
    turn.note(Note::Level::warning, name() + ": process " + std::to_string(slot->pid()) +
                                        " did not stop within graceful_timeout: SIGKILL");
  }
  after_input(turn);
}

void Watcher::on_timer(Turn& turn) {
  timer_ = never;
  drop_expired_holds(turn);
  after_input(turn);
}

void Watcher::after_input(Turn& turn) {
  fill(turn);
  advance(turn);
  serve_commands(turn);
  rearm(turn);
}

void Watcher::rearm(Turn& turn) {
  Instant at = never;
  const auto want = [&](Instant time) {
    if (time > turn.now) at = std::min(at, time);
  };
  if (!ready_.empty() && wants_processes() && !held(0)) {
    if (failures_ > 0) {
      want(retry_at_);
    } else if (config_.warmup_delay > Duration{}) {
      want(next_spawn_at_);
    }
  }
  if (const Operation* reload = front(Operation::Phase::replacing); reload && reload->sequential) {
    want(next_spawn_at_);
  }
  for (const Hold& hold : holds_) want(hold.until);
  want(await_demand(turn));
  if (at == timer_) return;
  timer_ = at;
  turn.emit(WakeAt{{TimerKey::Kind::watcher, id_}, at});
}

void Watcher::clear_timers(Turn& turn) {
  for (auto& [id, slot] : slots_) slot.clear_timer(turn);
  if (timer_ != never) turn.emit(WakeAt{{TimerKey::Kind::watcher, id_}, never});
  timer_ = never;
  if (std::exchange(keeps_hooks_, false)) turn.emit(EndHooks{id_});
}

// ---- state

void Watcher::set_state(Turn& turn, State state) {
  if (state == state_) return;
  state_ = state;
  since_ = turn.now;
  if (state == State::active) {
    turn.publish(topic_, "start");
    turn.note(Note::Level::info, name() + " started");
  } else if (state == State::stopped) {
    finished_ = 0;
    spawn_permit_ = false;
    tell(turn, "stop");
    turn.note(Note::Level::info, name() + " stopped");
    ask(turn, {conf::Hook::after_stop});
  }
  count_up();
}

/// Keeps the world's count of watchers that are up.
void Watcher::count_up() {
  const bool up = state_ != State::stopped || line_.busy();
  if (up == up_) return;
  up_ = up;
  (config_.plugin ? common_.plugins_up : common_.watchers_up) += up ? 1 : -1;
  if (!up) common_.stopped.push_back(id_);
}

Instant Watcher::next_try() const {
  if (!wants_processes()) return never;
  Instant next = never;
  for (const auto& [id, slot] : slots_) {
    if (slot.state() != Slot::State::waiting || held(slot.wid())) continue;
    next = std::min(next, slot.due());
  }
  if (next == never) return never;
  if (failures_ > 0) return std::max(next, retry_at_);
  return config_.warmup_delay > Duration{} ? std::max(next, next_spawn_at_) : next;
}

bool Watcher::spinning() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const auto& entry) { return entry.second.spinning(); });
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
  return "watcher." + topic_form(watcher_name) + ".";
}

}  // namespace troupe::core
