#pragma once

#include <cstdint>
#include <ctime>

namespace troupe::keeper {

/// Milliseconds on the monotonic clock.
inline std::int64_t now_ms() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace troupe::keeper
