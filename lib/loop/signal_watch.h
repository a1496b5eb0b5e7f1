#pragma once

#include "lib/base/callback.h"

struct event;

namespace troupe::loop {

class Loop;

/// Calls back on the loop after the process got a signal. One call may stand for several signals that came
/// together. The former disposition comes back when the watch is destroyed. One watch per signal and process.
class SignalWatch {
 public:
  using OnSignal = Callback<void(int signum)>;

  SignalWatch(Loop& loop, int signum, OnSignal on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  static void on_event(int signum, short what, void* self);

  OnSignal on_signal_;
  event* event_;
};

}  // namespace troupe::loop
