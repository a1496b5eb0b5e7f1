#include "lib/loop/fd_watch.h"

#include <utility>

#include "lib/loop/loop_impl.h"

namespace troupe::loop {

namespace {

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
  if (!interest.readable && !interest.writable) return;
  event_ = event_new(loop_.impl_->base, fd_, flags_of(interest), &FdWatch::on_event, this);
  if (event_add(event_, nullptr) != 0) give_up("cannot watch a descriptor");
}

// Nothing is touched after the callback: it may have destroyed the watch.
void FdWatch::on_event(int, short what, void* self) {
  const auto on_ready = static_cast<FdWatch*>(self)->on_ready_;
  on_ready({.readable = (what & EV_READ) != 0, .writable = (what & EV_WRITE) != 0});
}

}  // namespace troupe::loop
