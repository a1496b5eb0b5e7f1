#include "lib/loop/fd_watch.h"

#include <poll.h>

#include <utility>

#include "lib/loop/loop_impl.h"
#include "lib/loop/timer_watch.h"

namespace troupe::loop {

namespace {

constexpr Duration look_again = 100ms;

short flags_of(Ready interest) {
  return static_cast<short>((interest.readable ? EV_READ : 0) | (interest.writable ? EV_WRITE : 0) |
                            (interest.edge ? EV_ET : 0) | EV_PERSIST);
}

}  // namespace

FdWatch::FdWatch(Loop& loop, int fd, Ready interest, OnReady on_ready)
    : loop_(loop), fd_(fd), on_ready_(on_ready) {
  set_interest(interest);
}

FdWatch::~FdWatch() {
  if (event_) event_free(event_);
}

void FdWatch::set_interest(Ready interest) {
  if (event_) event_free(std::exchange(event_, nullptr));
  if (again_) again_->cancel();
  interest_ = interest;
  if ((!interest.readable && !interest.writable) || add()) return;
  if (!again_) again_ = std::make_unique<TimerWatch>(loop_, TimerWatch::OnTimer::to<&FdWatch::look>(*this));
  again_->set_in(look_again);
}

bool FdWatch::add() {
  // libevent would say on standard error that it failed, each time.
  event_set_log_callback([](int, const char*) {});
  event_ = event_new(loop_.impl_->base, fd_, flags_of(interest_), &FdWatch::on_event, this);
  const bool added = event_add(event_, nullptr) == 0;
  event_set_log_callback(nullptr);
  if (added) return true;
  event_free(std::exchange(event_, nullptr));
  return false;
}

/// Nothing is touched after the callback here either.
void FdWatch::look() {
  if (add()) return;
  again_->set_in(look_again);
  const short wanted =
      static_cast<short>((interest_.readable ? POLLIN : 0) | (interest_.writable ? POLLOUT : 0));
  pollfd entry{fd_, wanted, 0};
  if (poll(&entry, 1, 0) <= 0) return;
  const bool over = (entry.revents & (POLLERR | POLLHUP)) != 0;
  const auto on_ready = on_ready_;
  on_ready({.readable = interest_.readable && (over || (entry.revents & POLLIN) != 0),
            .writable = interest_.writable && (over || (entry.revents & POLLOUT) != 0)});
}

// Nothing is touched after the callback: it may have destroyed the watch.
void FdWatch::on_event(int, short what, void* self) {
  const auto on_ready = static_cast<FdWatch*>(self)->on_ready_;
  on_ready({.readable = (what & EV_READ) != 0, .writable = (what & EV_WRITE) != 0});
}

}  // namespace troupe::loop
