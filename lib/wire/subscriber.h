#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/duration.h"
#include "lib/base/result.h"
#include "lib/wire/curve.h"
#include "lib/wire/socket.h"

namespace troupe::wire {

/// One message of the event bus: its topic and its JSON text.
struct Message {
  std::string topic;
  std::string text;

  bool operator==(const Message&) const = default;
};

/// The message in these frames; nothing when they are not two.
std::optional<Message> to_message(Frames& frames);

/// One who listens to the event bus: blocking (`wait`), or from a loop with a ZmqWatch on `socket()` and
/// to_message().
class Subscriber {
 public:
  /// `topics` are prefixes; none: everything. The queue holds as many messages as the daemon's own does.
  /// `keys`: for an endpoint that takes_curve().
  static Result<Subscriber> connect(const Context& context, const std::string& endpoint,
                                    std::span<const std::string> topics = {},
                                    const std::optional<ClientKeys>& keys = {});

  /// The next message, or nothing when none waits.
  std::optional<Message> receive();
  /// The next message, or nothing when none came in time.
  std::optional<Message> wait(Duration timeout);

  Socket& socket() { return socket_; }

 private:
  explicit Subscriber(Socket socket) : socket_(std::move(socket)) {}

  Socket socket_;
};

}  // namespace troupe::wire
