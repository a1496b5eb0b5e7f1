#pragma once

#include <cstdint>

namespace troupe::os {

/// What turns the figures of /proc into seconds and percents.
struct Machine {
  std::uint64_t ticks_per_second = 100;
  std::uint64_t total_memory = 0;  ///< bytes
  double boot_time = 0;            ///< whole seconds since 1970; moves when the wall clock is set

  bool operator==(const Machine&) const = default;
};

/// From sysconf, sysinfo and the clocks; opens no file and cannot fail.
Machine read_machine();

/// Seconds since 1970.
double wall_time();

}  // namespace troupe::os
