#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/result.h"
#include "lib/wire/socket.h"

namespace troupe::wire {

/// One event of a socket's monitor (zmq_socket_monitor(3)).
struct ConnectionEvent {
  int event;           ///< ZMQ_EVENT_*
  std::int32_t value;  ///< of those that we watch mostly the descriptor
};

/// A socket on which the events of `watched` (ZMQ_EVENT_* joined) of another one come. It ends with that one.
Result<Socket> open_connection_events(const Context& context, Socket& of, int watched);

/// The event in a message of it; nothing when it is none.
std::optional<ConnectionEvent> to_connection_event(const Frames& frames);

}  // namespace troupe::wire
