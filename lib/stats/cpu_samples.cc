#include "lib/stats/cpu_samples.h"

#include <cmath>

namespace troupe::stats {

double CpuSamples::percent(const os::ProcStat& stat, std::uint64_t ticks_per_second, Instant now) {
  const std::uint64_t ticks = stat.utime + stat.stime;
  const auto [found, is_new] = samples_.try_emplace(stat.pid, Sample{stat.start_time, ticks, now, 0});
  Sample& sample = found->second;
  if (is_new) return 0;
  if (sample.start_time != stat.start_time) {
    sample = {stat.start_time, ticks, now, 0};
    return 0;
  }
  const Duration passed = now - sample.at;
  if (passed < shortest) return sample.percent;

  // utime and stime are scaled from a finer count and may lose a tick between two readings.
  const auto used = ticks > sample.ticks ? static_cast<double>(ticks - sample.ticks) : 0.0;
  const double share = used / static_cast<double>(ticks_per_second) / to_seconds(passed);
  sample = {stat.start_time, ticks, now, std::round(share * 1000) / 10};
  return sample.percent;
}

}  // namespace troupe::stats
