#pragma once

#include <memory>

#include "lib/base/duration.h"

namespace troupe::loop {

/// The one event loop of a process: descriptors, timers and signals, all called back on the thread that runs
/// it, one after another.
///
/// A round is: what was deferred, then sleep until a descriptor is ready or the first timer is due, then the
/// callbacks of all that are ready. When nothing is registered to happen it sleeps without end.
///
/// Watches (FdWatch, TimerWatch, SignalWatch, Deferred) register themselves when they are made and leave when
/// they are destroyed, which every callback may do to any watch, its own included. All of them must be
/// destroyed before the loop.
class Loop {
 public:
  /// Needs two descriptors; without them nothing can run, so a failure ends the process with a message.
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop() is called.
  void run();

  /// Ends run() after the current callback. Called before run(), it makes that return at once.
  void stop();

  /// Monotonic, read anew at each call.
  Instant now() const;

 private:
  friend class FdWatch;
  friend class SignalWatch;
  friend class TimerWatch;
  friend class Deferred;
  struct Impl;

  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::loop
