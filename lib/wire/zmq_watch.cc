#include "lib/wire/zmq_watch.h"

#include <zmq.h>

#include <utility>

namespace troupe::wire {

namespace {

int descriptor_of(const Socket& socket) {
  int fd = -1;
  std::size_t size = sizeof fd;
  zmq_getsockopt(socket.handle(), ZMQ_FD, &fd, &size);
  return fd;
}

}  // namespace

ZmqWatch::ZmqWatch(loop::Loop& loop, Socket& socket, OnMessage on_message, int bound)
    : socket_(socket),
      on_message_(on_message),
      bound_(bound),
      check_(loop, loop::Deferred::OnCall::to<&ZmqWatch::drain>(*this)),
      fd_(loop, descriptor_of(socket), {.readable = true, .edge = true},
          loop::FdWatch::OnReady::to<&ZmqWatch::on_edge>(*this)) {
  socket_.on_touch_ = Callback<void()>::to<&ZmqWatch::on_touch>(*this);
  check_.schedule();
}

ZmqWatch::~ZmqWatch() {
  socket_.on_touch_ = {};
  if (destroyed_) *destroyed_ = true;
}

void ZmqWatch::pause() {
  paused_ = true;
  check_.cancel();
}

void ZmqWatch::resume() {
  paused_ = false;
  if (!destroyed_) check_.schedule();
}

void ZmqWatch::on_edge(loop::Ready) {
  drain();
}

// While messages are handed over nothing has to be remembered: the drain ends with a look at ZMQ_EVENTS.
void ZmqWatch::on_touch() {
  if (!destroyed_ && !paused_) check_.schedule();
}

bool ZmqWatch::has_message() const {
  int events = 0;
  std::size_t size = sizeof events;
  return zmq_getsockopt(socket_.handle(), ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN) != 0;
}

void ZmqWatch::drain() {
  if (paused_ || destroyed_) return;
  bool destroyed = false;
  destroyed_ = &destroyed;
  int left = bound_;
  for (; left > 0 && !paused_; --left) {
    std::optional<Frames> frames = socket_.receive();
    if (frames) {
      const OnMessage on_message = on_message_;
      on_message(*frames);
      if (destroyed) return;
    } else if (!has_message()) {
      break;
    }
  }
  destroyed_ = nullptr;
  check_.cancel();
  if (left == 0 && !paused_) check_.schedule();
}

}  // namespace troupe::wire
