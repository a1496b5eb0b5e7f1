#include "lib/wire/monitor.h"

#include <netdb.h>
#include <sys/socket.h>
#include <zmq.h>

#include <utility>

#include "lib/wire/connection_events.h"

namespace troupe::wire {

namespace {

constexpr int watched = ZMQ_EVENT_LISTENING | ZMQ_EVENT_CLOSED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;

/// "10.0.0.7"; empty: not known, he may be gone already.
std::string where_from(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  auto* address = reinterpret_cast<sockaddr*>(&peer);
  char text[NI_MAXHOST];
  if (getpeername(fd, address, &size) != 0 || peer.ss_family == AF_UNIX) return {};
  return getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0 ? text : "";
}

}  // namespace

Result<std::unique_ptr<Monitor>> Monitor::open(const Context& context, loop::Loop& loop, Socket& socket,
                                               OnChange on_change) {
  auto events = open_connection_events(context, socket, watched);
  if (!events) return events.error();
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

std::optional<std::string> Monitor::take_misfit() {
  if (!misfit_) return {};
  const std::string from = *std::exchange(misfit_, {});
  return (from.empty() ? "a client" : from) + " was not let in: it has no keys, or takes others for ours";
}

void Monitor::on_event(Frames& frames) {
  const auto happened = to_connection_event(frames);
  if (!happened) return;
  const int fd = happened->value;
  switch (happened->event) {
    case ZMQ_EVENT_LISTENING:
      listener_ = fd;
      break;
    case ZMQ_EVENT_CLOSED:
      if (fd == listener_) listener_ = -1;
      break;
    case ZMQ_EVENT_ACCEPTED:
      accepted_[fd] = where_from(fd);
      break;
    case ZMQ_EVENT_DISCONNECTED:
      if (std::exchange(has_failed_, false)) misfit_ = accepted_[fd];
      accepted_.erase(fd);
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:  // he saw first that we do not fit, and left
      has_failed_ = true;                       // its end, with the descriptor, comes next
      return;
    default:
      return;
  }
  on_change_();
}

}  // namespace troupe::wire
