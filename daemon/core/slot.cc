#include "daemon/core/slot.h"

#include <algorithm>
#include <csignal>

namespace troupe::core {

void Slot::set_timer(Turn& turn, Instant at) {
  if (at == timer_) return;
  timer_ = at;
  turn.emit(WakeAt{{TimerKey::Kind::slot, id_}, at});
}

void Slot::spawn(Turn& turn, ProcessId process, int wid, std::uint32_t generation, SpawnSpec spec) {
  generation_ = generation;
  state_ = State::spawning;
  process_ = process;
  wid_ = wid;
  pid_ = 0;
  order_.reset();
  killed_ = reaped_ = tree_pending_ = false;
  set_timer(turn, never);
  turn.emit(Spawn{process, std::move(spec)});
}

void Slot::on_spawned(Turn& turn, const std::string& topic, int pid, Instant started, Duration life) {
  pid_ = pid;
  started_ = started;
  attempted_ = true;
  const bool stop_now = state_ == State::stopping;
  if (!stop_now) state_ = State::running;
  turn.publish(topic, "spawn", Value::object().set("process_pid", pid).set("wid", wid_), started);
  if (stop_now) {
    signal(turn, topic, killed_ ? SIGKILL : order_->signum);
  } else if (life > Duration{}) {
    set_timer(turn, started + life);
  }
}

void Slot::on_spawn_failed(Turn& turn, Instant due) {
  set_timer(turn, never);
  process_ = 0;
  due_ = due;
  state_ = leaving_ ? State::gone : State::waiting;
  order_.reset();
}

void Slot::end_process(Turn& turn) {
  set_timer(turn, never);
  state_ = State::gone;
}

void Slot::on_exited(Turn& turn) {
  reaped_ = true;
  if (state_ == State::stopping && tree_pending_) return;
  end_process(turn);
}

void Slot::on_tree_gone(Turn& turn) {
  tree_pending_ = false;
  if (state_ == State::stopping && reaped_) end_process(turn);
}

Slot::Ring Slot::on_timer(Turn& turn, const std::string& topic) {
  if (turn.now < timer_) {
    if (timer_ != never) turn.emit(WakeAt{{TimerKey::Kind::slot, id_}, timer_});
    return Ring::nothing;
  }
  timer_ = never;
  switch (state_) {
    case State::waiting:
      return Ring::due;
    case State::running:
      return Ring::aged;
    case State::stopping:
      kill_now(turn, topic);
      return Ring::killed;
    default:
      return Ring::nothing;
  }
}

void Slot::signal(Turn& turn, const std::string& topic, int signum) {
  const bool tree = order_->tree || signum == SIGKILL;
  if (order_->tree) tree_pending_ = true;
  if (!reaped_ && has_pid()) turn.publish(topic, "kill", Value::object().set("process_pid", pid_));
  turn.emit(Signal{process_, pid_, signum, tree ? Reach::tree : Reach::process, 0, order_->tree});
}

void Slot::stop(Turn& turn, const std::string& topic, const StopOrder& order, After after) {
  if (after == After::remove) leaving_ = true;
  switch (state_) {
    case State::waiting:
    case State::queued:
      if (!leaving_) return;
      set_timer(turn, never);
      state_ = State::gone;
      return;
    case State::gone:
      return;
    case State::stopping:
      sharpen(turn, topic, order);
      return;
    case State::spawning:
      // The signal goes out when exec is done, unless the start is called off; the SIGKILL after it waits for
      // neither.
      turn.emit(CallOff{process_});
      [[fallthrough]];
    case State::running:
      order_ = order;
      set_timer(turn, turn.now + order.grace);
      if (state_ == State::running) signal(turn, topic, order.signum);
      state_ = State::stopping;
      return;
  }
}

void Slot::sharpen(Turn& turn, const std::string& topic, const StopOrder& order) {
  if (killed_) return;
  const bool again = order.signum != order_->signum || (order.tree && !order_->tree);
  order_->signum = order.signum;
  order_->tree |= order.tree;
  set_timer(turn, std::min(timer_, turn.now + order.grace));
  if (again && has_pid()) signal(turn, topic, order.signum);
}

void Slot::kill_now(Turn& turn, const std::string& topic) {
  if (state_ != State::stopping || killed_) return;
  killed_ = true;
  set_timer(turn, never);
  signal(turn, topic, SIGKILL);
}

void Slot::hold_grace(Turn& turn) {
  if (state_ == State::stopping && !killed_) set_timer(turn, never);
}

void Slot::begin_grace(Turn& turn) {
  if (state_ == State::stopping && !killed_) set_timer(turn, turn.now + order_->grace);
}

void Slot::rest(Turn& turn, const RespawnPolicy& policy, bool on_purpose) {
  const Instant next = on_purpose ? turn.now : guard_.next_start(policy, started_, turn.now);
  state_ = State::waiting;
  process_ = 0;
  pid_ = 0;
  reaped_ = false;
  due_ = next;
  if (due_ > turn.now) set_timer(turn, due_);
}

void Slot::hurry_up(Turn& turn) {
  if (state_ != State::waiting) return;
  due_ = std::min(due_, turn.now);
  set_timer(turn, never);
}

std::string_view to_text(Slot::State state) {
  switch (state) {
    case Slot::State::waiting:
      return "waiting";
    case Slot::State::queued:
      return "queued";
    case Slot::State::spawning:
      return "spawning";
    case Slot::State::running:
      return "running";
    case Slot::State::stopping:
      return "stopping";
    case Slot::State::gone:
      return "gone";
  }
  return "gone";
}

}  // namespace troupe::core
