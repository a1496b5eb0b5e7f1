#include "lib/loop/timers.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

#include "lib/loop/timer_watch.h"

namespace troupe::loop {

Timers::Timers() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {}

Timers::~Timers() {
  if (fd_ >= 0) close(fd_);
}

std::uint64_t Timers::add(TimerWatch& timer, Instant at) {
  waiting_.emplace(std::pair{at, next_place_}, &timer);
  return next_place_++;
}

void Timers::remove(Instant at, std::uint64_t place) {
  waiting_.erase({at, place});
}

void Timers::arm() {
  Instant first{};
  // A time of zero would disarm the descriptor; one nanosecond is as past as any past time.
  if (!waiting_.empty()) first = std::max(waiting_.begin()->first.first, Instant{Duration{1}});
  if (first == armed_) return;
  armed_ = first;
  const auto nanoseconds = first.time_since_epoch().count();
  itimerspec setting{};
  setting.it_value.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000);
  setting.it_value.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
  timerfd_settime(fd_, TFD_TIMER_ABSTIME, &setting, nullptr);
}

void Timers::ring(Instant now, const bool& stopping) {
  armed_ = {};
  // A timer that is set within a callback waits for the next round, whatever its time.
  const std::uint64_t end = next_place_;
  auto first = waiting_.begin();
  while (!stopping && first != waiting_.end() && first->first.first <= now) {
    if (first->first.second >= end) {
      ++first;
      continue;
    }
    TimerWatch& timer = *first->second;
    waiting_.erase(first);
    timer.at_.reset();
    const auto on_timer = timer.on_timer_;
    on_timer();
    first = waiting_.begin();  // the callback may have changed everything
  }
}

}  // namespace troupe::loop
