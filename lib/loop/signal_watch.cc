#include "lib/loop/signal_watch.h"

#include "lib/loop/loop_impl.h"

namespace troupe::loop {

SignalWatch::SignalWatch(Loop& loop, int signum, OnSignal on_signal)
    : on_signal_(on_signal),
      event_(event_new(loop.impl_->base, signum, EV_SIGNAL | EV_PERSIST, &SignalWatch::on_event, this)) {
  if (event_add(event_, nullptr) != 0) give_up("cannot watch a signal");
}

SignalWatch::~SignalWatch() {
  event_free(event_);
}

void SignalWatch::on_event(int signum, short, void* self) {
  const auto on_signal = static_cast<SignalWatch*>(self)->on_signal_;
  on_signal(signum);
}

}  // namespace troupe::loop
