#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iterator>

#include "daemon/core/make_spec.h"
#include "daemon/core/watcher.h"
#include "lib/base/text.h"

namespace troupe::core {

using conf::Hook;

const conf::HookConfig* Watcher::hook(Hook hook) const {
  if (hooks_off_ || config_.hooks.empty()) return nullptr;
  const auto found = config_.hooks.find(std::string(to_text(hook)));
  return found == config_.hooks.end() ? nullptr : &found->second;
}

// ---- the line

/// Calls the hook when its turn comes; false: the watcher has no such hook.
bool Watcher::ask(Turn& turn, HookCall call, bool if_yes) {
  if (!hook(call.hook)) return false;
  line_.steps.push_back({std::move(call), if_yes});
  pump(turn);
  return true;
}

/// An event that must not overtake a hook.
void Watcher::tell(Turn& turn, std::string_view event, Value data) {
  Publish publish{topic_ + std::string(event), std::move(data), turn.now};
  if (!line_.busy()) return turn.emit(std::move(publish));
  line_.steps.push_back({std::move(publish)});
}

/// Does what is next until a hook runs.
void Watcher::pump(Turn& turn) {
  while (!line_.running && !line_.steps.empty()) {
    HookLine::Step step = std::move(line_.steps.front());
    line_.steps.pop_front();
    if (step.if_yes && !line_.yes) continue;
    std::visit([&](auto& what) { do_step(turn, what); }, step.what);
  }
  count_up();
}

void Watcher::do_step(Turn& turn, HookCall& call) {
  const conf::HookConfig* config = hook(call.hook);
  const Slot* slot = call.process != 0 ? find(call.slot) : nullptr;
  if (call.process != 0 && (!slot || slot->process() != call.process || slot->reaped())) {
    line_.yes = false;  // it is not there to be signalled any more; what it has started may be
    if (HookedSignal* const next = next_signal(); next && next->signal.reach == Reach::tree) {
      line_.steps.front().if_yes = false;
    }
    return;
  }
  if (!config) {  // meanwhile it was taken away
    line_.yes = true;
    return decide(turn, call, {.yes = true});
  }
  line_.id = ++common_.last_hook;
  line_.due = turn.now + config_.hook_timeout;
  common_.hooks.emplace(line_.id, id_);
  keeps_hooks_ = true;
  call.ignore_errors = config->ignore_errors;
  Value free = Value::object();
  for (const auto& [key, value] : config_.free) free.append(key, value);
  turn.emit(RunHook{line_.id, id_, call.hook, config->target, call.arguments, call.time, std::move(free),
                    make_hook_spec(config_, *config), hook_version_});
  turn.emit(WakeAt{{TimerKey::Kind::hook, id_}, line_.due});
  line_.running = std::move(call);
}

void Watcher::do_step(Turn& turn, HookedSignal& step) {
  Slot* slot = find(step.slot);
  const bool there =
      slot && slot->process() == step.signal.process && (!slot->reaped() || step.signal.reach == Reach::tree);
  line_.yes = there && !slot->reaped() && step.signal.reach != Reach::children;
  if (!there) return;
  turn.emit(step.signal);
  if (step.stops) touch(*slot, [&](Slot& s) { s.begin_grace(turn); });
}

// ---- what a hook comes to

void Watcher::on_hook_done(Turn& turn, const HookOutcome& outcome) {
  if (!line_.running) return;
  const HookCall call = end_running(turn);
  line_.yes = judge(turn, call, outcome);
  decide(turn, call, outcome);
  pump(turn);
  after_input(turn);
}

void Watcher::on_hook_timer(Turn& turn) {
  if (!line_.running) return;
  if (turn.now < line_.due) return turn.emit(WakeAt{{TimerKey::Kind::hook, id_}, line_.due});
  turn.emit(CancelHook{line_.id});
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g", to_seconds(config_.hook_timeout));
  HookOutcome late;
  late.error = "it did not return within hook_timeout, " + std::string(seconds) + " s";
  on_hook_done(turn, late);
}

HookCall Watcher::end_running(Turn& turn) {
  HookCall call = *std::exchange(line_.running, std::nullopt);
  common_.hooks.erase(line_.id);
  line_.due = never;
  turn.emit(WakeAt{{TimerKey::Kind::hook, id_}, never});
  return call;
}

/// Yes or no, and what is told of it. extended_stats has no event (Circus).
bool Watcher::judge(Turn& turn, const HookCall& call, const HookOutcome& outcome) {
  const std::string hook(to_text(call.hook));
  if (!outcome.error) {
    if (call.hook != Hook::extended_stats) {
      turn.publish(topic_, "hook_success", Value::object().set("name", hook));
    }
    return outcome.yes;
  }
  turn.note(Note::Level::error, name() + ": Hook '" + hook + "' failed: " + *outcome.error);
  for (const std::string_view line : split(outcome.trace, '\n')) {
    if (!line.empty()) turn.note(Note::Level::error, name() + ": " + std::string(line));
  }
  if (call.hook != Hook::extended_stats) {
    turn.publish(topic_, "hook_failure", Value::object().set("name", hook).set("error", *outcome.error));
  }
  return call.ignore_errors || conf::hook_row(call.hook).counts_when_it_fails;
}

void Watcher::decide(Turn& turn, const HookCall& call, const HookOutcome& outcome) {
  const std::string why =
      "hook " + std::string(to_text(call.hook)) + (outcome.error ? " failed: " + *outcome.error : " said no");
  switch (call.hook) {
    case Hook::before_start:
      if (!line_.yes) refuse_start(turn, why);
      break;
    case Hook::before_spawn:
      spawn_permit_ = line_.yes && wants_processes();
      if (!line_.yes) halt(turn, call.hook, why);
      break;
    case Hook::after_spawn:
    case Hook::after_start:
      if (!line_.yes) halt(turn, call.hook, why);
      break;
    case Hook::before_signal:
      if (!line_.yes) {
        turn.note(Note::Level::warning, name() + ": " + why + ", so the signal is not sent");
        withhold(turn, call);
      }
      break;
    case Hook::extended_stats:
      add_stats(turn, call, outcome);
      break;
    default:
      break;
  }
}

/// What comes of the signal that a hook refused: children get it all the same, and SIGKILL goes out.
void Watcher::withhold(Turn& turn, const HookCall& call) {
  HookedSignal* const next = next_signal();
  if (!next || next->command != call.command || next->signal.signum == SIGKILL) return;
  Slot* const slot = find(next->slot);
  if (slot && next->stops) touch(*slot, [&](Slot& s) { s.begin_grace(turn); });
  if (next->signal.reach != Reach::tree) return;
  next->signal.reach = Reach::children;
  line_.steps.front().if_yes = false;
}

/// The signal that the hook is asked about.
HookedSignal* Watcher::next_signal() {
  return line_.steps.empty() ? nullptr : std::get_if<HookedSignal>(&line_.steps.front().what);
}

/// The watcher stays stopped, and nobody hears that it stopped (Circus).
void Watcher::refuse_start(Turn& turn, const std::string& why) {
  if (state_ != State::starting) return;
  trouble_ = Trouble{"before_start", 0, why, turn.now};
  turn.note(Note::Level::warning, name() + " is not started: " + why);
  if (!operations_.empty() && operations_.front().phase == Operation::Phase::asking) {
    operations_.front().phase = Operation::Phase::refused;
  }
  wanted_ = starts_later();
  state_ = State::stopped;
  since_ = turn.now;
  count_up();
}

/// The watcher stops. Who waits for the operation at work hears what came of it; those behind it go on.
void Watcher::halt(Turn& turn, Hook hook, const std::string& why) {
  if (!wants_processes()) return;
  trouble_ = Trouble{std::string(to_text(hook)), 0, why, turn.now};
  turn.note(Note::Level::warning, name() + " stops: " + why);
  if (operations_.empty() || operations_.front().phase == Operation::Phase::queued) {
    operations_.push_front(Operation{Operation::Kind::stop});
  }
  operations_.front().phase = Operation::Phase::refused;
  wanted_ = starts_later();
  end_commands(turn, a_stop);
  begin_stop(turn);
}

bool Watcher::starts_later() const {
  return operations_.size() > 1 &&
         std::any_of(std::next(operations_.begin()), operations_.end(), [](const auto& o) {
           return o.kind != Operation::Kind::stop && o.kind != Operation::Kind::resize && o.starts;
         });
}

// ---- the end

/// No hook is waited for or called any more; what was to come after one comes now.
void Watcher::drop_hooks(Turn& turn) {
  hooks_off_ = true;
  if (line_.running) {
    turn.emit(CancelHook{line_.id});
    end_running(turn);
  }
  end_commands(turn, "the end of its hooks");
  for (HookLine::Step& step : line_.steps) step.if_yes = false;
  std::erase_if(line_.steps,
                [](const HookLine::Step& s) { return std::holds_alternative<HookCall>(s.what); });
  pump(turn);
}

}  // namespace troupe::core
