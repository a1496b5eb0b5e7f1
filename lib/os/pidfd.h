#pragma once

#include "lib/base/result.h"
#include "lib/os/fd.h"

namespace troupe::os {

/// A process that cannot be mistaken for another which got its pid later. fd() is readable once the process
/// has exited (a zombie has).
class Pidfd {
 public:
  Pidfd() = default;
  explicit Pidfd(Fd fd) : fd_(std::move(fd)) {}
  /// errno in the error's place: ESRCH = no such process, ENOSYS = too old a kernel, EMFILE, …
  static Pidfd open(int pid, int& error);

  int fd() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  /// errno, or 0.
  int send_signal(int number) const;
  /// Exited already?
  bool gone() const;

 private:
  Fd fd_;
};

}  // namespace troupe::os
