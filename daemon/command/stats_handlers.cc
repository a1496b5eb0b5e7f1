#include "daemon/command/stats_handlers.h"

#include <unistd.h>

namespace troupe::command {

namespace {

using troupe::stats::WatchedProcess;

std::vector<WatchedProcess> processes_of(const core::Watcher& watcher, const Clock& clock) {
  std::vector<WatchedProcess> processes;
  for (const auto& [id, slot] : watcher.slots()) {
    if (slot.has_pid()) processes.push_back({slot.pid(), slot.wid(), clock.wall(slot.started())});
  }
  return processes;
}

Result<Value> stats_of_process(Call& call, const core::Watcher& watcher) {
  for (const WatchedProcess& process : processes_of(watcher, call.desk.arbiter.clock())) {
    if (process.pid != call.args.integer("process")) continue;
    return Value::object()
        .set("process", call.args.sent("process"))
        .set("info", call.desk.stats.info(process));
  }
  return make_error(Code::not_found, "process " + std::to_string(call.args.integer("process")) +
                                         " not found in '" + call.args.text("name") + "'");
}

}  // namespace

Result<Value> dstats(Call& call) {
  return Value::object()
      .set("info", call.desk.stats.self(getpid()))
      .set("keeper", call.desk.stats.self(call.desk.keeper_pid))
      .set("version", TROUPE_VERSION);
}

Result<Value> stats(Call& call) {
  const Clock& clock = call.desk.arbiter.clock();
  if (!call.args.has("name")) {
    std::vector<WatcherProcesses> all;
    for (const core::Watcher* watcher : call.world().watchers()) {
      all.push_back({watcher->name(), processes_of(*watcher, clock)});
    }
    return Value::object().set("infos", call.desk.stats.infos(all));
  }
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  if (call.args.has("process")) return stats_of_process(call, **watcher);
  return Value::object()
      .set("name", call.args.sent("name"))
      .set("info", call.desk.stats.infos(processes_of(**watcher, clock)));
}

}  // namespace troupe::command
