#pragma once

#include <cstddef>

#include "lib/os/fd.h"

namespace troupe::os {

/// The children of the calling process, zombies included, one by one and without the heap. Reads
/// /proc/self/task/TID/children; the kernel promises all of them only while none comes or goes, so look
/// again.
class ChildList {
 public:
  /// What to do where the kernel has no such file: nothing, or look at the parent of every process.
  enum class Fallback { none, search };
  explicit ChildList(Fallback fallback = Fallback::none);

  /// Whether there is a list: not where /proc is that of another pid namespace.
  bool is_there() const { return static_cast<bool>(file_); }
  /// The next pid, or 0 at the end.
  int next();

 private:
  int next_listed();
  int next_found();
  bool refill();

  Fd file_;
  bool searching_ = false;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  alignas(8) char buffer_[4096];
};

}  // namespace troupe::os
