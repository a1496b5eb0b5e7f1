#include "daemon/stats/collector.h"

#include <signal.h>

#include <cerrno>
#include <cmath>

namespace troupe {

namespace {

bool exists(int pid) {
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/// For a process of which /proc shows nothing: it is gone, or hidden from us, or /proc cannot be read.
Value unread_info(int pid, double wall, const std::optional<WatchedProcess>& watched) {
  return exists(pid) ? hidden_info(pid, wall, watched) : gone_info();
}

}  // namespace

Collector::Pass Collector::begin(Result<os::ProcTable> table) {
  // The boot time shifts by a second now and then while the clock is steered; it is kept unless the clock was
  // set, so that the `create_time` of a process stays the same from answer to answer.
  const double known_boot_time = machine_.boot_time;
  machine_ = os::read_machine();
  if (std::abs(machine_.boot_time - known_boot_time) <= 1) machine_.boot_time = known_boot_time;
  return {table ? *std::move(table) : os::ProcTable(), std::chrono::steady_clock::now(), os::wall_time()};
}

Collector::Pass Collector::begin_all() {
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
  const Pass pass = begin(os::ProcTable::read({&pid, 1}));
  if (const auto* stat = pass.table.find(pid)) {
    if (const auto reading = read(pass, *stat)) return process_info(*reading, machine_, pass.wall, {}, {});
  }
  return unread_info(pid, pass.wall, {});
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
      return process_info(*reading, machine_, pass.wall, children(pass, process.pid), process);
    }
  }
  return unread_info(process.pid, pass.wall, process);
}

Value::Array Collector::children(const Pass& pass, int pid) {
  Value::Array list;
  for (const os::ProcStat* child : pass.table.children_of(pid)) {
    if (const auto reading = read(pass, *child)) {
      list.push_back(process_info(*reading, machine_, pass.wall, {}, {}));
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
                        .cpu = samples_.percent(stat, machine_.ticks_per_second, pass.now)};
}

}  // namespace troupe
