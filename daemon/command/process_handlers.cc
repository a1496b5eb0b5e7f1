#include "daemon/command/process_handlers.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace troupe::command {

namespace {

Result<Value> resize(Call& call, int direction) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  if (auto open = call.check_open(); !open) return open.error();
  if ((*watcher)->config().singleton) {
    return Value::object().set("numprocesses", (*watcher)->config().numprocesses).set("singleton", true);
  }
  constexpr std::int64_t most = conf::most_processes;
  // Beyond it every number means the same, and a sum would overflow.
  const std::int64_t by = std::clamp(call.args.integer("nb"), -2 * most, 2 * most);
  const std::int64_t target = (*watcher)->config().numprocesses + direction * by;
  if (target > most)
    return make_error(Code::limit, "'nb' makes more than " + std::to_string(most) + " processes");
  auto ticket = call.ticket(Wrap::top);
  if (!ticket) return ticket.error();
  conf::WatcherConfig config = (*watcher)->config();
  config.numprocesses = static_cast<int>(std::max<std::int64_t>(0, target));
  const core::WatcherId id = (*watcher)->id();
  call.desk.arbiter.change(
      [&](core::World& world, Instant now) { world.update(id, std::move(config), 0, false, *ticket, now); });
  return Value::object();
}

Error os_error(int error) {
  return make_error(Code::system, "[Errno " + std::to_string(error) + "] " + std::strerror(error));
}

/// Who of a process's family gets the signal, from the flags of the request.
struct Target {
  core::Reach reach = core::Reach::process;
  int child = 0;
};

Target target_of(const api::Args& args) {
  if (args.has("childpid")) return {core::Reach::child, static_cast<int>(args.integer("childpid"))};
  if (args.flag("children")) return {core::Reach::children, 0};
  if (args.flag("recursive")) return {core::Reach::tree, 0};
  return {};
}

Result<void> signal_one(Call& call, const core::Slot& slot, int signum, const Target& target) {
  const int error = call.desk.arbiter.signal(
      core::Signal{slot.process(), slot.pid(), signum, target.reach, target.child, false});
  if (error == 0 || (error == ESRCH && target.reach != core::Reach::child)) return {};
  if (error != ESRCH) return os_error(error);
  return make_error(Code::refused, "process no longer exists (pid=" + std::to_string(target.child) + ")");
}

}  // namespace

Result<Value> incr(Call& call) {
  return resize(call, +1);
}
Result<Value> decr(Call& call) {
  return resize(call, -1);
}

Result<Value> numprocesses(Call& call) {
  if (call.args.has("name")) {
    auto watcher = call.watcher();
    if (!watcher) return watcher.error();
    return Value::object()
        .set("numprocesses", (*watcher)->process_count())
        .set("watcher_name", call.args.sent("name"));
  }
  int sum = 0;
  for (const core::Watcher* watcher : call.world().watchers()) sum += watcher->process_count();
  return Value::object().set("numprocesses", sum);
}

Result<Value> send_signal(Call& call) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  const std::int64_t signum = call.args.integer("signum");
  if (signum < 0 || signum > SIGRTMAX) return os_error(EINVAL);  // Circus's reason, word for word
  if (call.args.has("childpid") && !call.args.has("pid")) {
    return make_error(Code::refused, "cannot specify childpid without pid");
  }
  const Target target = target_of(call.args);
  const bool by_hooks = (*watcher)->asks_about_signals() &&
                        (target.reach == core::Reach::process || target.reach == core::Reach::tree);
  std::vector<core::Signal> hooked;
  bool found = false;
  for (const auto& [id, slot] : (*watcher)->slots()) {
    const bool meant = !call.args.has("pid") || slot.pid() == call.args.integer("pid");
    if (!slot.alive() || !slot.has_pid() || !meant) continue;
    found = true;
    if (by_hooks) {
      hooked.push_back({slot.process(), slot.pid(), static_cast<int>(signum), target.reach});
      continue;
    }
    if (auto sent = signal_one(call, slot, static_cast<int>(signum), target); !sent) return sent.error();
  }
  const bool family = target.reach == core::Reach::child || target.reach == core::Reach::children;
  if (!found && call.args.has("pid") && family) {
    return make_error(Code::refused, "pid " + std::to_string(call.args.integer("pid")) +
                                         " is no process of " + (*watcher)->name());
  }
  if (hooked.empty()) return Value::object();
  auto ticket = call.answer_later(Wrap::none);
  if (!ticket) return ticket.error();
  const core::WatcherId watcher_id = (*watcher)->id();
  call.desk.arbiter.change(
      [&](core::World& world, Instant now) { world.send_signals(watcher_id, hooked, *ticket, now); });
  return Value::object();
}

Result<Value> kill_processes(Call& call) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  core::Watcher::KillOrder order;
  if (call.args.has("pid")) order.pids.push_back(static_cast<int>(call.args.integer("pid")));
  if (call.args.has("signum")) {
    order.signum = static_cast<int>(call.args.integer("signum"));
    if (*order.signum < 1 || *order.signum > SIGRTMAX) {
      return make_error(Code::invalid,
                        "'signum' isn't a signal of this system: 1 to " + std::to_string(SIGRTMAX));
    }
  }
  if (call.args.has("graceful_timeout")) {
    constexpr double year = 365.0 * 86400;
    const double grace = call.args.number("graceful_timeout");
    if (!(grace >= 0 && grace <= year)) {
      return make_error(Code::invalid, "'graceful_timeout' isn't between 0 and a year, in seconds");
    }
    order.grace = from_seconds(grace);
  }
  auto ticket = call.ticket(Wrap::none);
  if (!ticket) return ticket.error();
  const core::WatcherId id = (*watcher)->id();
  call.desk.arbiter.change([&](core::World& world, Instant now) { world.kill(id, order, *ticket, now); });
  return Value::object();
}

}  // namespace troupe::command
