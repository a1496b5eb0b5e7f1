#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/callback.h"
#include "lib/base/result.h"
#include "lib/wire/socket.h"
#include "lib/wire/zmq_watch.h"

namespace troupe::wire {

/// Counts the connections of a bound socket (zmq_socket_monitor), those included that never say a word.
/// libzmq has no limit of its own and ends the process when descriptors run out, so somebody must count and
/// BoundEndpoint::shut() the door.
///
/// Opened before the socket is bound; must be destroyed before it.
class Monitor {
 public:
  using OnChange = Callback<void()>;

  static Result<std::unique_ptr<Monitor>> open(const Context& context, loop::Loop& loop, Socket& socket,
                                               OnChange on_change);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// "10.0.0.7 was not let in: …", of a connection that ended since the last call because the client has no
  /// keys, or no good ones; nothing if none did. (Those that Zap refuses are not among them.)
  std::optional<std::string> take_misfit();
  int connections() const { return static_cast<int>(accepted_.size()); }

  /// The descriptor that listens, -1 when there is none: not ours, never to be closed. Known once the loop
  /// has run after the bind.
  int listener() const { return listener_; }

 private:
  Monitor(loop::Loop& loop, Socket& socket, Socket events, OnChange on_change);
  void on_event(Frames& frames);

  Socket& socket_;
  Socket events_;
  OnChange on_change_;
  std::map<int, std::string> accepted_;  ///< their descriptors, and where they come from
  int listener_ = -1;
  bool has_failed_ = false;  ///< the handshake of the connection that ends next
  std::optional<std::string> misfit_;
  ZmqWatch watch_;
};

}  // namespace troupe::wire
