#pragma once

#include "lib/base/result.h"

namespace troupe::wire {

/// libzmq's threads and queues; one per process, made before its sockets and destroyed after them (the
/// destructor waits for what linger allows to be sent).
class Context {
 public:
  Context();
  /// Whether its threads can be made now: libzmq makes them with its first socket, and aborts with a text of
  /// its own when it may not. Error: what forbids it and what to do.
  static Result<void> check_threads();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void* handle() const { return handle_; }

 private:
  void* handle_;
};

}  // namespace troupe::wire
