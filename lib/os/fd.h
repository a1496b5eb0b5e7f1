#pragma once

#include <utility>

#include "lib/base/result.h"

namespace troupe::os {

/// Owns one file descriptor; -1 = none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Gives it away without closing it.
  int release() { return std::exchange(fd_, -1); }
  /// Closes the one it has and owns the other.
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// A close-on-exec pipe.
struct Pipe {
  Fd read;
  Fd write;
};
Result<Pipe> open_pipe(bool nonblocking_read = false);
/// The same for who needs the errno; then both ends are none.
Pipe open_pipe(bool nonblocking_read, int& error);

/// The number that the next descriptor would have, the lowest free one; the largest int when none is left.
int next_descriptor();

/// Opens /dev/null on every standard descriptor that is closed, so that no later descriptor becomes 0, 1
/// or 2.
Result<void> fill_standard_descriptors();
/// Closes every descriptor above the standard ones, whoever opened it. Without close_range (before Linux 5.9)
/// one by one, up to the soft limit.
void close_all_but_standard();
/// Puts /dev/null on 0, 1 and 2, or on 2 `errors` when it is a descriptor.
Result<void> detach_standard_descriptors(int errors = -1);

}  // namespace troupe::os
