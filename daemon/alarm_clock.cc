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
  queue_.set(key, at);
  arm();
}

void AlarmClock::ring() {
  const Instant now = this->now();
  while (const auto key = queue_.take_due(now)) on_alarm_(*key);
  arm();
}

void AlarmClock::arm() {
  if (queue_.next() == core::never) {
    timer_.cancel();
  } else if (timer_.at() != queue_.next()) {
    timer_.set(queue_.next());
  }
}

}  // namespace troupe
