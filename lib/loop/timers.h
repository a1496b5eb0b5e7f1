#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "lib/base/duration.h"

namespace troupe::loop {

class TimerWatch;

/// The timers of a loop, rung by one timerfd. libevent's own timers would read a coarse clock: they ring up
/// to 4 ms late, or early. The descriptor is set only when the first time has changed.
class Timers {
 public:
  Timers();
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Becomes readable when the first timer is due; -1 when the system has no descriptor for us.
  int fd() const { return fd_; }

  /// Returns the timer's place among those of the same time, which remove() wants back.
  std::uint64_t add(TimerWatch& timer, Instant at);
  void remove(Instant at, std::uint64_t place);

  /// Sets the descriptor to the first time; to be called before the loop sleeps.
  void arm();
  /// Rings those that were due at that time, each at most once, until `stopping` becomes true.
  void ring(Instant now, const bool& stopping);

 private:
  int fd_;
  std::map<std::pair<Instant, std::uint64_t>, TimerWatch*> waiting_;
  std::uint64_t next_place_ = 0;
  Instant armed_{};  ///< what the descriptor is set to; Instant{}: it is not
};

}  // namespace troupe::loop
