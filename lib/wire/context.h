#pragma once

namespace troupe::wire {

/// libzmq's threads and queues; one per process, made before its sockets and destroyed after them (the
/// destructor waits for what linger allows to be sent).
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void* handle() const { return handle_; }

 private:
  void* handle_;
};

}  // namespace troupe::wire
