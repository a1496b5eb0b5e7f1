#pragma once

#include <memory>

#include "lib/base/callback.h"

struct event;

namespace troupe::loop {

class Loop;
class TimerWatch;

/// What is asked of a descriptor, and what it is found to be. Edge: only at a change, not as long as it
/// lasts.
struct Ready {
  bool readable = false;
  bool writable = false;
  bool edge = false;
};

/// Calls back while a descriptor is readable or writable. An end of file or an error counts as both that are
/// asked for: the read or write tells. Level-triggered unless `edge` is asked for. A descriptor that epoll
/// does not take (the user's max_user_watches are used up; a regular file) is looked at ten times a second
/// until it does.
///
/// The descriptor belongs to the caller and must stay open until the watch is destroyed or disabled.
class FdWatch {
 public:
  using OnReady = Callback<void(Ready)>;

  FdWatch(Loop& loop, int fd, Ready interest, OnReady on_ready);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  /// Asks for something else from now on; nothing at all pauses the watch.
  void set_interest(Ready interest);

  int fd() const { return fd_; }

 private:
  bool add();
  void look();
  static void on_event(int fd, short what, void* self);

  Loop& loop_;
  int fd_;
  OnReady on_ready_;
  Ready interest_{};
  event* event_ = nullptr;
  std::unique_ptr<TimerWatch> again_;  ///< once epoll refused it
};

}  // namespace troupe::loop
