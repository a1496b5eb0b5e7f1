#include "daemon/alarm_clock.h"

#include <chrono>

#include "lib/os/proc_machine.h"

namespace troupe {

AlarmClock::AlarmClock(loop::Loop& loop, OnAlarm on_alarm)
    : on_alarm_(on_alarm), timer_(loop, loop::TimerWatch::OnTimer::to<&AlarmClock::ring>(*this)) {}

Instant AlarmClock::now() const {
  return std::chrono::steady_clock::now();
}

double AlarmClock::wall(Instant at) const {
  return os::wall_time() - to_seconds(now() - at);
}

Instant AlarmClock::monotonic(double wall) const {
  const double ahead = wall - this->wall(now());
  constexpr double century = 100.0 * 365 * 86400;
  if (ahead > century) return core::never;
  return now() + from_seconds(ahead < -century ? -century : ahead);
}

void AlarmClock::set(const core::TimerKey& key, Instant at) {
  if (const auto known = times_.find(key); known != times_.end()) {
    order_.erase({known->second, key});
    times_.erase(known);
  }
  if (at != core::never) {
    times_.emplace(key, at);
    order_.emplace(at, key);
  }
  arm();
}

void AlarmClock::ring() {
  const Instant now = this->now();
  while (!order_.empty() && order_.begin()->first <= now) {
    const core::TimerKey key = order_.begin()->second;
    order_.erase(order_.begin());
    times_.erase(key);
    on_alarm_(key);
  }
  arm();
}

void AlarmClock::arm() {
  if (order_.empty()) {
    timer_.cancel();
  } else if (timer_.at() != order_.begin()->first) {
    timer_.set(order_.begin()->first);
  }
}

}  // namespace troupe
