#include "lib/loop/timer_watch.h"

#include "lib/loop/loop_impl.h"

namespace troupe::loop {

TimerWatch::TimerWatch(Loop& loop, OnTimer on_timer) : loop_(loop), on_timer_(on_timer) {}

TimerWatch::~TimerWatch() {
  cancel();
}

void TimerWatch::set(Instant at) {
  cancel();
  at_ = at;
  place_ = loop_.impl_->timers.add(*this, at);
}

void TimerWatch::set_in(Duration delay) {
  set(loop_.now() + delay);
}

void TimerWatch::cancel() {
  if (!at_) return;
  loop_.impl_->timers.remove(*at_, place_);
  at_.reset();
}

}  // namespace troupe::loop
