#include "daemon/command/watcher_state.h"

#include <algorithm>

namespace troupe::command {

namespace {

std::string_view sharp_state(const core::Watcher& watcher, int running) {
  using State = core::Watcher::State;
  const bool up = watcher.state() == State::active || watcher.state() == State::starting;
  if (!watcher.config().error.empty() || (watcher.gave_up() && running == 0)) return "failed";
  if (up && watcher.trouble()) return "backoff";
  if (up && !watcher.holds().empty()) return "held";
  if (up && watcher.spinning()) return "spinning";
  return core::to_text(watcher.state());
}

Value error_of(const core::Watcher& watcher, const Clock& clock) {
  if (!watcher.config().error.empty()) {
    return Value::object().set("stage", "configuration").set("errno", 0).set("text", watcher.config().error);
  }
  const core::Trouble& trouble = *watcher.trouble();
  return Value::object()
      .set("stage", trouble.stage)
      .set("errno", trouble.error)
      .set("text", trouble.text)
      .set("at", clock.wall(trouble.at));
}

Value exit_of(const core::LastExit& exit, const Clock& clock) {
  return Value::object()
      .set("pid", exit.pid)
      .set("wid", exit.wid)
      .set("exit_code", exit.status ? Value(*exit.status) : Value())
      .set("text", exit.text)
      .set("at", clock.wall(exit.at));
}

Value hold_of(const core::Hold& hold, const Clock& clock) {
  Value value = Value::object().set("by", hold.by).set("reason", hold.reason);
  value.set("until", hold.until == core::never ? Value() : Value(clock.wall(hold.until)));
  if (hold.wid != 0) value.set("wid", hold.wid);
  return value;
}

}  // namespace

Value watcher_details(const core::Watcher& watcher, const Clock& clock) {
  int running = 0;
  // Those of a watcher that stops run until they are gone.
  const bool stops = watcher.state() == core::Watcher::State::stopping;
  for (const auto& [id, slot] : watcher.slots())
    running += stops ? slot.alive() && slot.has_pid() : slot.state() == core::Slot::State::running;
  Value details = Value::object(5);
  details.append("state", sharp_state(watcher, running));
  details.append("wanted", watcher.wanted() ? watcher.config().numprocesses : 0);
  details.append("running", running);
  details.append("since", watcher.since() == Instant{} ? Value() : Value(clock.wall(watcher.since())));
  if (watcher.trouble() || !watcher.config().error.empty()) details.append("error", error_of(watcher, clock));
  if (const auto& exit = watcher.last_exit()) details.append("last_exit", exit_of(*exit, clock));
  if (const Instant next = watcher.next_try(); next != core::never) {
    details.append("next_try", clock.wall(std::max(next, clock.now())));
  }
  if (const auto sockets = watcher.awaited_sockets(); !sockets.empty()) {
    Value::Array names(sockets.begin(), sockets.end());
    details.append("awaits", std::move(names));
  }
  if (!watcher.holds().empty()) details.append("held", hold_of(watcher.holds().back(), clock));
  if (const std::vector<int> strays = watcher.strays(); !strays.empty()) {
    Value pids = Value::array();
    for (const int pid : strays) pids.push(pid);
    details.append("stray", std::move(pids));
  }
  return details;
}

Value process_state(const core::Slot& slot, const Clock& clock) {
  return Value::object()
      .set("wid", slot.wid())
      .set("pid", slot.pid())
      .set("started", clock.wall(slot.started()))
      .set("state", core::to_text(slot.state()));
}

}  // namespace troupe::command
