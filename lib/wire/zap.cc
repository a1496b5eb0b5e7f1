#include "lib/wire/zap.h"

#include <zmq.h>

#include <utility>

namespace troupe::wire {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t key_space = 41;

/// The frames of a question, after the two of the envelope.
enum Frame : std::size_t { version = 2, request, domain, address, identity, mechanism, credentials, count };

}  // namespace

Result<std::unique_ptr<Zap>> Zap::open(const Context& context, loop::Loop& loop, Decide decide) {
  auto socket = Socket::open(context, Kind::router, {.send_queue = 0, .receive_queue = 0});
  if (!socket) return socket.error();
  if (const auto bound = socket->bind("inproc://zeromq.zap.01"); !bound) return bound.error();
  return std::unique_ptr<Zap>(new Zap(loop, *std::move(socket), decide));
}

Zap::Zap(loop::Loop& loop, Socket socket, Decide decide)
    : socket_(std::move(socket)),
      decide_(decide),
      watch_(loop, socket_, ZmqWatch::OnMessage::to<&Zap::on_question>(*this)) {}

void Zap::on_question(Frames& frames) {
  if (frames.size() <= Frame::mechanism || frames[Frame::version] != "1.0") return;
  bool good = frames.size() == Frame::count && frames[Frame::mechanism] == "CURVE" &&
              frames[Frame::credentials].size() == key_bytes;
  if (good) {
    char key[key_space];
    zmq_z85_encode(key, reinterpret_cast<const std::uint8_t*>(frames[Frame::credentials].data()), key_bytes);
    good = decide_({frames[Frame::address], key});
  }
  // Dropped when the asking connection is gone: nobody is left to tell.
  (void)socket_.send({frames[0], frames[1], "1.0", frames[Frame::request], good ? "200" : "400",
                      good ? "OK" : "unknown key", "", ""});
}

}  // namespace troupe::wire
