#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/stats/background_names.h"
#include "daemon/stats/survey.h"
#include "lib/os/proc_table.h"
#include "lib/stats/cpu_samples.h"
#include "lib/stats/moment.h"

namespace troupe {

/// Reads for `stats` and `dstats` from /proc what processes use, and looks at those only that are shown.
/// Where /proc is not that of our pid namespace it says nothing of ours, and every process is one that may
/// not be looked at. Nothing is read between calls. Not for use from two threads.
class Collector {
 public:
  explicit Collector(BackgroundNames& users) : users_(users) {}

  /// Where the children of a process are found.
  struct Family {
    enum class From : std::uint8_t {
      kernel,   ///< os::listed_children
      table,    ///< `table`, of all processes
      nowhere,  ///< they cannot be told, so no process is looked at: an answer without them would be untrue
    };
    From from;
    const os::ProcTable* table = nullptr;
  };
  /// Reads on until then, at least one process. True: everything is read.
  bool go_on(Survey& survey, const Family& family, Instant until);

  /// `dstats`: one process alone, such as the arbiter; no children, no `started`, no `wid`.
  Value self(int pid);

  /// How many processes the collector remembers the processor time of: about twice as many as are there, at
  /// most.
  std::size_t sample_count() const { return samples_.size(); }

 private:
  static constexpr std::size_t few_samples = 256;

  void begin();
  bool step(Survey& survey, const Family& family);
  void read_process(Survey& survey, const Family& family);
  void read_child(Survey::Parent& parent, int pid);
  void finish(Survey& survey, Value info);
  std::optional<std::vector<int>> children(const Family& family, int pid) const;
  std::optional<stats::ProcessReading> read(int pid);
  Value unread_info(int pid, const std::optional<stats::WatchedProcess>& watched);

  stats::Moment at_;
  stats::CpuSamples samples_;
  std::size_t sweep_at_ = few_samples;  ///< samples; then those of processes that are gone are dropped
  BackgroundNames& users_;
};

}  // namespace troupe
