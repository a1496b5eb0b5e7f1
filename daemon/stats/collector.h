#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/stats/background_names.h"
#include "lib/base/value.h"
#include "lib/os/proc_table.h"
#include "lib/stats/cpu_samples.h"
#include "lib/stats/moment.h"
#include "lib/stats/process_info.h"

namespace troupe {

/// One watcher and the processes it has now.
struct WatcherProcesses {
  std::string name;  ///< as the configuration writes it
  std::vector<stats::WatchedProcess> processes;
};

/// Answers `stats` and `dstats` from /proc. However many processes are asked about, /proc is walked once a
/// call (children are found in that table), and only the processes that are shown are looked at closely.
/// Where /proc is not that of our pid namespace it says nothing of ours, and every process is one that may
/// not be looked at. Nothing is read between calls. Not for use from two threads.
class Collector {
 public:
  explicit Collector(BackgroundNames& users) : users_(users) {}

  /// `stats` of one process: its info object, or the text of gone_info().
  Value info(const stats::WatchedProcess& process);
  /// `stats` of one watcher: an object, pid as text → info.
  Value infos(std::span<const stats::WatchedProcess> processes);
  /// `stats` of all: an object, watcher → (pid as text → info); a watcher without processes has `{}`.
  Value infos(std::span<const WatcherProcesses> watchers);
  /// `dstats`: one process alone, such as the arbiter; no children, no `started`, no `wid`.
  Value self(int pid);

  /// How many processes the collector remembers the processor time of: none that is gone.
  std::size_t sample_count() const { return samples_.size(); }

 private:
  /// What one call sees: one table, one time.
  struct Pass {
    os::ProcTable table;
    stats::Moment at;
  };

  Pass begin(Result<os::ProcTable> table);
  Pass begin_all();
  Value watched_info(const Pass& pass, const stats::WatchedProcess& process);
  Value watcher_infos(const Pass& pass, std::span<const stats::WatchedProcess> processes);
  Value::Array children(const Pass& pass, int pid);
  std::optional<stats::ProcessReading> read(const Pass& pass, const os::ProcStat& stat);

  stats::Moment last_;
  stats::CpuSamples samples_;
  BackgroundNames& users_;
};

}  // namespace troupe
