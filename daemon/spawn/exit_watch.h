#pragma once

#include <map>
#include <memory>

#include "daemon/ports.h"
#include "lib/base/callback.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/timer_watch.h"
#include "lib/os/pidfd.h"

namespace troupe {

/// Sees that processes are gone when nobody tells any more: the keeper, their parent, is dead, and whoever
/// reaps them now has their status. So the exits it gives have neither status nor usage.
class ExitWatch {
 public:
  using OnExit = Callback<void(const Exit&)>;

  /// Descriptors from `descriptor_bound` on are not for it.
  ExitWatch(loop::Loop& loop, int descriptor_bound, OnExit on_exit);
  ~ExitWatch();
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;

  /// From now on its pid may become another's, so a pidfd is kept; where there is none to be had, the pid is
  /// looked at ten times a second.
  void add(int pid);
  /// No exit is to come for it.
  void forget(int pid);
  /// 0, or an errno: ESRCH also for a process that was never added.
  int signal(int pid, int signum) const;

 private:
  struct Watched;
  void gone(int pid);
  void look();

  loop::Loop& loop_;
  int descriptor_bound_;
  OnExit on_exit_;
  std::map<int, std::unique_ptr<Watched>> watched_;
  loop::TimerWatch again_;
};

}  // namespace troupe
