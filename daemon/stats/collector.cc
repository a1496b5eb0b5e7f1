#include "daemon/stats/collector.h"

#include <signal.h>

#include <cerrno>

#include "lib/os/own_proc.h"

namespace troupe {

using stats::WatchedProcess, stats::ProcessReading;

namespace {

bool exists(int pid) {
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/// For a process of which /proc shows nothing: it is gone, or hidden from us, or /proc cannot be read.
Value unread_info(int pid, double wall, const std::optional<WatchedProcess>& watched) {
  return exists(pid) ? stats::hidden_info(pid, wall, watched) : stats::gone_info();
}

}  // namespace

Collector::Pass Collector::begin(Result<os::ProcTable> table) {
  last_ = stats::moment_after(last_);
  return {table ? *std::move(table) : os::ProcTable(), last_};
}

Collector::Pass Collector::begin_all() {
  if (!os::proc_is_ours()) return begin(os::ProcTable());
  auto table = os::ProcTable::read_all();
  if (table) samples_.drop_gone(*table);
  return begin(std::move(table));
}

Value Collector::info(const WatchedProcess& process) {
  return watched_info(begin_all(), process);
}

Value Collector::infos(std::span<const WatchedProcess> processes) {
  return watcher_infos(begin_all(), processes);
}

Value Collector::infos(std::span<const WatcherProcesses> watchers) {
  const Pass pass = begin_all();
  Value all = Value::object();
  for (const auto& watcher : watchers) all.append(watcher.name, watcher_infos(pass, watcher.processes));
  return all;
}

Value Collector::self(int pid) {
  const Pass pass = begin(os::proc_is_ours() ? os::ProcTable::read({&pid, 1}) : os::ProcTable());
  if (const auto* stat = pass.table.find(pid)) {
    if (const auto reading = read(pass, *stat))
      return stats::process_info(*reading, pass.at.machine, pass.at.wall, {}, {});
  }
  return unread_info(pid, pass.at.wall, {});
}

Value Collector::watcher_infos(const Pass& pass, std::span<const WatchedProcess> processes) {
  Value all = Value::object();
  for (const auto& process : processes) {
    all.append(std::to_string(process.pid), watched_info(pass, process));
  }
  return all;
}

Value Collector::watched_info(const Pass& pass, const WatchedProcess& process) {
  if (const auto* stat = pass.table.find(process.pid)) {
    if (const auto reading = read(pass, *stat)) {
      return stats::process_info(*reading, pass.at.machine, pass.at.wall, children(pass, process.pid),
                                 process);
    }
  }
  return unread_info(process.pid, pass.at.wall, process);
}

Value::Array Collector::children(const Pass& pass, int pid) {
  Value::Array list;
  for (const os::ProcStat* child : pass.table.children_of(pid)) {
    if (const auto reading = read(pass, *child)) {
      list.push_back(stats::process_info(*reading, pass.at.machine, pass.at.wall, {}, {}));
    }
  }
  return list;
}

std::optional<ProcessReading> Collector::read(const Pass& pass, const os::ProcStat& stat) {
  const auto detail = os::read_proc_detail(stat.pid);
  if (!detail) return std::nullopt;
  const auto cmdline = os::read_proc_cmdline(stat.pid);
  return ProcessReading{.stat = stat,
                        .detail = *detail,
                        .cmdline = cmdline ? *cmdline : std::string(),
                        .username = users_.find(detail->uid),
                        .cpu = samples_.percent(stat, pass.at.machine.ticks_per_second, pass.at.now)};
}

}  // namespace troupe
