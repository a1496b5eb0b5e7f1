#include "lib/wire/subscriber.h"

#include <utility>

namespace troupe::wire {

namespace {

constexpr int queue = 100'000;

}  // namespace

std::optional<Message> to_message(Frames& frames) {
  if (frames.size() != 2) return std::nullopt;
  return Message{std::move(frames[0]), std::move(frames[1])};
}

Result<Subscriber> Subscriber::connect(const Context& context, const std::string& endpoint,
                                       std::span<const std::string> topics,
                                       const std::optional<ClientKeys>& keys) {
  Result<Socket> socket = Socket::open(context, Kind::sub, {.receive_queue = queue});
  if (!socket) return socket.error();
  if (topics.empty()) {
    if (const auto subscribed = socket->subscribe(""); !subscribed) return subscribed.error();
  }
  for (const std::string& topic : topics) {
    if (const auto subscribed = socket->subscribe(topic); !subscribed) return subscribed.error();
  }
  if (keys && takes_curve(endpoint)) {
    if (const auto used = socket->use_client_keys(*keys); !used) return used.error();
  }
  if (const auto connected = socket->connect(endpoint); !connected) return connected.error();
  return Subscriber(*std::move(socket));
}

std::optional<Message> Subscriber::receive() {
  while (std::optional<Frames> frames = socket_.receive()) {
    if (auto message = to_message(*frames)) return message;
  }
  return std::nullopt;
}

std::optional<Message> Subscriber::wait(Duration timeout) {
  const Instant deadline = std::chrono::steady_clock::now() + timeout;
  do {
    if (auto message = receive()) return message;
  } while (socket_.wait(deadline - std::chrono::steady_clock::now()));
  return std::nullopt;
}

}  // namespace troupe::wire
