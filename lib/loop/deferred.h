#pragma once

#include "lib/base/callback.h"

namespace troupe::loop {

class Loop;

/// Calls back once, soon: after the callbacks of this round and before the loop sleeps. What it asks for
/// within its own callback comes in the next round, so that it cannot starve the descriptors.
class Deferred {
 public:
  using OnCall = Callback<void()>;

  Deferred(Loop& loop, OnCall on_call);
  ~Deferred();
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  /// Asking twice is as good as asking once.
  void schedule();
  void cancel();
  bool is_scheduled() const { return scheduled_; }

 private:
  friend class Loop;  // its Impl calls

  Loop& loop_;
  OnCall on_call_;
  bool scheduled_ = false;
};

}  // namespace troupe::loop
