#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::wire {

/// Holds an ipc endpoint against others of ours, as libzmq would silently take it from its owner: a lock
/// (flock) on PATH.lock, which holds the pid and is removed at the end. For other transports it does nothing.
///
/// Error: Code::refused, "ipc:///run/troupe/control is in use by pid 4711".
class EndpointLock {
 public:
  static Result<EndpointLock> take(std::string_view endpoint);
  ~EndpointLock();
  EndpointLock(EndpointLock&& other) noexcept;
  EndpointLock& operator=(EndpointLock&& other) noexcept;

 private:
  EndpointLock(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::string path_;  ///< of the lock file
};

}  // namespace troupe::wire
