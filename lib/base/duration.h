#pragma once

#include <chrono>

namespace troupe {

/// All time inside Troupe is monotonic; wall time appears only in what is shown to people and clients.
using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

using namespace std::chrono_literals;

/// Seconds as people and the wire write them ("0.5") to a Duration, and back.
inline Duration from_seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}
inline double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace troupe
