#pragma once

#include "lib/base/callback.h"
#include "lib/loop/deferred.h"
#include "lib/loop/fd_watch.h"
#include "lib/wire/socket.h"

namespace troupe::loop {
class Loop;
}

namespace troupe::wire {

/// Hands over each message of a socket as it comes. The only one who reads ZMQ_FD and ZMQ_EVENTS.
///
/// That descriptor is edge-triggered, and any send or receive may swallow its edge while messages wait (zmq
/// manual, ZMQ_FD). So: after a wake-up messages are taken until ZMQ_EVENTS says there are none; after every
/// send and receive of the owner (the socket tells its watch) and at the beginning it is asked again before
/// the loop sleeps. At most `bound` messages are taken at a time; then others have their turn.
///
/// Must be destroyed before its socket and its loop; may be destroyed in its own callback. The socket must
/// not be moved meanwhile.
class ZmqWatch {
 public:
  using OnMessage = Callback<void(Frames&)>;

  ZmqWatch(loop::Loop& loop, Socket& socket, OnMessage on_message, int bound = 256);
  ~ZmqWatch();
  ZmqWatch(const ZmqWatch&) = delete;
  ZmqWatch& operator=(const ZmqWatch&) = delete;

  /// While paused messages stay in the socket, and the sender's queue fills.
  void pause();
  void resume();

 private:
  void on_edge(loop::Ready);
  void on_touch();
  void drain();
  bool has_message() const;

  Socket& socket_;
  OnMessage on_message_;
  const int bound_;
  bool paused_ = false;
  bool* destroyed_ = nullptr;  ///< set while messages are handed over
  loop::Deferred check_;
  loop::FdWatch fd_;
};

}  // namespace troupe::wire
