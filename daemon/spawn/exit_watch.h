#pragma once

#include <map>
#include <memory>

#include "daemon/ports.h"
#include "lib/base/callback.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/timer_watch.h"

namespace troupe {

/// Sees that processes are gone when nobody tells any more: the keeper, their parent, is dead, and whoever
/// reaps them now has their status. So the exits it gives have neither status nor usage.
class ExitWatch {
 public:
  using OnExit = Callback<void(const Exit&)>;

  ExitWatch(loop::Loop& loop, OnExit on_exit);
  ~ExitWatch();
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;

  /// `pidfd` must stay open until the exit was given or forget() was called; -1 = there is none, then the pid
  /// is looked at ten times a second.
  void add(int pid, int pidfd);
  /// No exit is to come for it, and its pidfd may be closed.
  void forget(int pid);

 private:
  struct Watched;
  void gone(int pid);
  void look();

  loop::Loop& loop_;
  OnExit on_exit_;
  std::map<int, std::unique_ptr<Watched>> watched_;
  loop::TimerWatch again_;
};

}  // namespace troupe
