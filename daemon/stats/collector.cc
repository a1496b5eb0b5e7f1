#include "daemon/stats/collector.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>

#include "lib/os/own_proc.h"
#include "lib/os/proc_children.h"

namespace troupe {

using stats::WatchedProcess, stats::ProcessReading;

namespace {

bool exists(int pid) {
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

}  // namespace

void Collector::begin() {
  at_ = stats::moment_after(at_);
  if (samples_.size() < sweep_at_) return;
  samples_.drop_gone(exists);
  sweep_at_ = std::max(few_samples, 2 * samples_.size());
}

bool Collector::go_on(Survey& survey, const Family& family, Instant until) {
  begin();
  do {
    if (!step(survey, family)) return true;
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

/// One process or one child. False: there is no more.
bool Collector::step(Survey& survey, const Family& family) {
  if (survey.parent) {
    Survey::Parent& parent = *survey.parent;
    if (parent.next_child < parent.children.size()) {
      read_child(parent, parent.children[parent.next_child++]);
    } else {
      const WatchedProcess& process = survey.watchers[survey.watcher].processes[survey.process];
      finish(survey,
             stats::process_info(parent.reading, at_.machine, at_.wall, std::move(parent.infos), process));
    }
    return true;
  }
  if (survey.watcher == survey.watchers.size()) return false;
  const WatcherProcesses& watcher = survey.watchers[survey.watcher];
  if (survey.process == 0) survey.infos.append(watcher.name, Value::object(watcher.processes.size()));
  if (survey.process < watcher.processes.size()) {
    read_process(survey, family);
  } else {
    ++survey.watcher;
    survey.process = 0;
  }
  return true;
}

void Collector::read_process(Survey& survey, const Family& family) {
  const WatchedProcess& process = survey.watchers[survey.watcher].processes[survey.process];
  if (family.from != Family::From::nowhere) {
    auto found = children(family, process.pid);
    auto reading = found ? read(process.pid) : std::nullopt;
    if (reading) {
      survey.parent.emplace(Survey::Parent{*std::move(reading), *std::move(found)});
      return;
    }
  }
  finish(survey, unread_info(process.pid, process));
}

void Collector::read_child(Survey::Parent& parent, int pid) {
  const auto reading = read(pid);
  if (!reading || reading->stat.ppid != parent.reading.stat.pid) return;  // gone; or another has its pid
  parent.infos.push_back(stats::process_info(*reading, at_.machine, at_.wall, {}, {}));
}

void Collector::finish(Survey& survey, Value info) {
  const WatchedProcess& process = survey.watchers[survey.watcher].processes[survey.process++];
  survey.infos.as_object()->back().value.append(std::to_string(process.pid), std::move(info));
  survey.parent.reset();
}

/// By pid.
std::optional<std::vector<int>> Collector::children(const Family& family, int pid) const {
  if (family.from == Family::From::kernel) {
    auto listed = os::listed_children(pid);
    if (listed) std::sort(listed->begin(), listed->end());
    return listed;
  }
  std::vector<int> pids;
  for (const os::ProcStat* child : family.table->children_of(pid)) pids.push_back(child->pid);
  return pids;
}

Value Collector::self(int pid) {
  begin();
  if (const auto reading = os::proc_is_ours() ? read(pid) : std::nullopt)
    return stats::process_info(*reading, at_.machine, at_.wall, {}, {});
  return unread_info(pid, {});
}

/// For a process of which /proc shows nothing: it is gone, or hidden from us, or /proc cannot be read.
Value Collector::unread_info(int pid, const std::optional<WatchedProcess>& watched) {
  if (exists(pid)) return stats::hidden_info(pid, at_.wall, watched);
  samples_.drop(pid);
  return stats::gone_info();
}

std::optional<ProcessReading> Collector::read(int pid) {
  const auto stat = os::read_proc_stat(pid);
  if (!stat) return std::nullopt;
  const auto detail = os::read_proc_detail(pid);
  if (!detail) return std::nullopt;
  const auto cmdline = os::read_proc_cmdline(pid);
  return ProcessReading{.stat = *stat,
                        .detail = *detail,
                        .cmdline = cmdline ? *cmdline : std::string(),
                        .username = users_.find(detail->uid),
                        .cpu = samples_.percent(*stat, at_.machine.ticks_per_second, at_.now)};
}

}  // namespace troupe
