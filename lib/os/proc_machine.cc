#include "lib/os/proc_machine.h"

#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <cmath>

namespace troupe::os {

namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

Machine read_machine() {
  Machine machine;
  if (const long ticks = sysconf(_SC_CLK_TCK); ticks > 0) {
    machine.ticks_per_second = static_cast<std::uint64_t>(ticks);
  }
  struct sysinfo info {};
  if (sysinfo(&info) == 0) machine.total_memory = std::uint64_t{info.totalram} * info.mem_unit;
  // The kernel's own rule for `btime` of /proc/stat, a file that is dear to read on a machine of many cores.
  machine.boot_time = std::floor(seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME));
  return machine;
}

double wall_time() {
  return seconds_of(CLOCK_REALTIME);
}

}  // namespace troupe::os
