#include <csignal>

#include "daemon/core/watcher.h"

namespace troupe::core {

using conf::Hook;

namespace {

/// The effect that follows the `kill` event of a process goes out before it when hooks are asked: Circus
/// tells of a kill when it is done.
bool is_kill_of(const Publish* kill, const Effect& next) {
  return kill && kill->topic.ends_with(".kill") && std::holds_alternative<Signal>(next);
}

Value about_signal(const Signal& signal) {
  return Value::object().set("pid", signal.pid).set("signum", signal.signum);
}

}  // namespace

void Watcher::route(Turn& turn, Slot& slot, Effects wanted, bool spawn_if_yes) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Publish* const event = std::get_if<Publish>(&wanted[i]);
    if (i + 1 < wanted.size() && is_kill_of(event, wanted[i + 1])) {
      send(turn, slot, std::get<Signal>(wanted[i + 1]), true);
      tell(turn, "kill", std::move(event->data));
      ++i;
    } else if (event && line_.busy()) {
      const bool if_yes = spawn_if_yes && event->topic.ends_with(".spawn");
      line_.steps.push_back({std::move(*event), if_yes});
    } else if (const Signal* signal = std::get_if<Signal>(&wanted[i])) {
      send_unasked(turn, slot, *signal, true);
    } else {
      turn.out.push_back(std::move(wanted[i]));
    }
  }
}

/// A signal to the process itself.
void Watcher::send(Turn& turn, Slot& slot, const Signal& signal, bool stops, std::uint64_t command) {
  HookCall before{Hook::before_signal, about_signal(signal)};
  before.slot = slot.id();
  before.process = slot.process();
  before.command = command;
  HookCall after{Hook::after_signal, before.arguments};
  after.command = command;
  const bool asked = ask(turn, std::move(before));
  if (asked && signal.signum != SIGKILL) {
    line_.steps.push_back({HookedSignal{slot.id(), signal, stops, command}, true});
    if (stops) touch(slot, [&](Slot& s) { s.hold_grace(turn); });
  } else {
    send_unasked(turn, slot, signal, stops);
  }
  ask(turn, std::move(after), true);
  pump(turn);
}

void Watcher::send_unasked(Turn& turn, Slot& slot, const Signal& signal, bool stops) {
  if (!line_.busy()) {
    line_.yes = true;
    return turn.emit(signal);
  }
  line_.steps.push_back({HookedSignal{slot.id(), signal, stops}});
  if (stops) touch(slot, [&](Slot& s) { s.hold_grace(turn); });
}

}  // namespace troupe::core
