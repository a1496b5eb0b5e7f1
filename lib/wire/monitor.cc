#include "lib/wire/monitor.h"

#include <zmq.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace troupe::wire {

namespace {

constexpr int watched = ZMQ_EVENT_LISTENING | ZMQ_EVENT_CLOSED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;

/// Of this process only, so the socket's address is a good enough name.
std::string address_of(const Socket& socket) {
  return "inproc://monitor-" + std::to_string(reinterpret_cast<std::uintptr_t>(socket.handle()));
}

}  // namespace

Result<std::unique_ptr<Monitor>> Monitor::open(const Context& context, loop::Loop& loop, Socket& socket,
                                               OnChange on_change) {
  const std::string address = address_of(socket);
  if (zmq_socket_monitor(socket.handle(), address.c_str(), watched) != 0) {
    return make_error(Code::system, std::string("monitor a socket: ") + zmq_strerror(errno));
  }
  // Without a bound: a connection that was not counted would be missing for ever.
  Result<Socket> events = Socket::open(context, Kind::pair, {.receive_queue = 0});
  if (!events) return events.error();
  if (const auto connected = events->connect(address); !connected) return connected.error();
  return std::unique_ptr<Monitor>(new Monitor(loop, socket, *std::move(events), on_change));
}

Monitor::Monitor(loop::Loop& loop, Socket& socket, Socket events, OnChange on_change)
    : socket_(socket),
      events_(std::move(events)),
      on_change_(on_change),
      watch_(loop, events_, ZmqWatch::OnMessage::to<&Monitor::on_event>(*this), 1000) {}

Monitor::~Monitor() {
  zmq_socket_monitor(socket_.handle(), nullptr, 0);
}

// A first frame of a 16 bit event and a 32 bit value, the descriptor for those we watch
// (zmq_socket_monitor(3)).
void Monitor::on_event(Frames& frames) {
  std::uint16_t event;
  std::int32_t fd;
  if (frames.empty() || frames[0].size() < sizeof event + sizeof fd) return;
  std::memcpy(&event, frames[0].data(), sizeof event);
  std::memcpy(&fd, frames[0].data() + sizeof event, sizeof fd);
  switch (event) {
    case ZMQ_EVENT_LISTENING:
      listener_ = fd;
      break;
    case ZMQ_EVENT_CLOSED:
      if (fd == listener_) listener_ = -1;
      break;
    case ZMQ_EVENT_ACCEPTED:
      accepted_.insert(fd);
      break;
    case ZMQ_EVENT_DISCONNECTED:
      accepted_.erase(fd);
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      ++misfits_;
      break;
    default:
      return;
  }
  on_change_();
}

}  // namespace troupe::wire
