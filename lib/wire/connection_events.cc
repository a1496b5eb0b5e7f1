#include "lib/wire/connection_events.h"

#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace troupe::wire {

Result<Socket> open_connection_events(const Context& context, Socket& of, int watched) {
  // Of this process only, so the socket's address is a good enough name.
  const std::string address =
      "inproc://monitor-" + std::to_string(reinterpret_cast<std::uintptr_t>(of.handle()));
  if (zmq_socket_monitor(of.handle(), address.c_str(), watched) != 0) {
    return make_error(Code::system, std::string("monitor a socket: ") + zmq_strerror(errno));
  }
  // Without a bound: what was not counted would be missing for ever.
  Result<Socket> events = Socket::open(context, Kind::pair, {.receive_queue = 0});
  if (!events) return events.error();
  if (const auto connected = events->connect(address); !connected) return connected.error();
  return events;
}

// A first frame of a 16 bit event and a 32 bit value.
std::optional<ConnectionEvent> to_connection_event(const Frames& frames) {
  std::uint16_t event;
  std::int32_t value;
  if (frames.empty() || frames[0].size() < sizeof event + sizeof value) return std::nullopt;
  std::memcpy(&event, frames[0].data(), sizeof event);
  std::memcpy(&value, frames[0].data() + sizeof event, sizeof value);
  return ConnectionEvent{event, value};
}

}  // namespace troupe::wire
