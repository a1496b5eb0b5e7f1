#pragma once

#include <cstdint>
#include <unordered_map>

#include "lib/base/duration.h"
#include "lib/os/proc_stat.h"

namespace troupe::stats {

/// Remembers how much processor time each process had when it was last asked about, since Circus's `cpu` is
/// the share used between two questions. Pure: the caller says what time it is.
class CpuSamples {
 public:
  /// The kernel counts in ticks of 10 ms, so that the share over a shorter time is noise; a question that
  /// comes sooner after the last one gets that one's answer again. So two clients that ask together both see
  /// sense.
  static constexpr Duration shortest = 100ms;

  /// Percent of one processor since the previous question about this life of this process (pid and start
  /// time), one decimal; more than 100 when several threads run. 0 the first time.
  double percent(const os::ProcStat& stat, std::uint64_t ticks_per_second, Instant now);

  /// Forgets every process of which `is_there(pid)` is false.
  template <class IsThere>
  void drop_gone(IsThere is_there) {
    std::erase_if(samples_, [&](const auto& entry) { return !is_there(entry.first); });
  }

  void drop(int pid) { samples_.erase(pid); }

  std::size_t size() const { return samples_.size(); }

 private:
  struct Sample {
    std::uint64_t start_time = 0;
    std::uint64_t ticks = 0;
    Instant at{};
    double percent = 0;
  };
  std::unordered_map<int, Sample> samples_;
};

}  // namespace troupe::stats
