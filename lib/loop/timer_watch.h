#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/callback.h"
#include "lib/base/duration.h"

namespace troupe::loop {

class Loop;

/// Calls back once at a time, never before it; asked again it can ring again. A time that is past rings in
/// the next round. Timers that are due together ring in the order of their times.
class TimerWatch {
 public:
  using OnTimer = Callback<void()>;

  TimerWatch(Loop& loop, OnTimer on_timer);
  ~TimerWatch();
  TimerWatch(const TimerWatch&) = delete;
  TimerWatch& operator=(const TimerWatch&) = delete;

  /// Rings then and no more at the time set before.
  void set(Instant at);
  void set_in(Duration delay);
  void cancel();

  /// When it is going to ring.
  std::optional<Instant> at() const { return at_; }

 private:
  friend class Timers;

  Loop& loop_;
  OnTimer on_timer_;
  std::optional<Instant> at_;
  std::uint64_t place_ = 0;
};

}  // namespace troupe::loop
