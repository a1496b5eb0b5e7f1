#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/callback.h"
#include "lib/base/duration.h"
#include "lib/base/result.h"
#include "lib/wire/backlog.h"

namespace troupe::wire {

class Context;
struct ClientKeys;

/// The frames of one message.
using Frames = std::vector<std::string>;

enum class Kind { router, dealer, pub, xpub, sub, pair };

struct SocketOptions {
  std::string identity{};              ///< empty: the peer makes one up
  Duration linger = Duration::zero();  ///< how long closing waits for what is not sent yet
  int send_queue = 1000;               ///< messages for each peer (ZMQ_SNDHWM); 0: without bound
  int receive_queue = 1000;            ///< ZMQ_RCVHWM
  std::int64_t max_message = -1;       ///< bytes of a frame; above it libzmq cuts the connection; -1: any
  bool mandatory = false;              ///< router: a message to nobody is an error and not dropped
  bool keepalive = false;              ///< tcp: a peer whose machine is gone is noticed after two minutes
  bool every_subscription = false;     ///< xpub: each subscription comes in, not only the first to a topic
};

class Socket;

/// What may end a wait beside a message.
struct AlsoAwaited {
  Socket* socket = nullptr;  ///< a message of this one
  int output = -1;           ///< that whoever reads from this pipe, socket or terminal has gone
};

/// For a wait without end.
constexpr Duration for_ever = Duration::max();

/// A ZeroMQ socket that never blocks. Errors name the endpoint: "bind tcp://127.0.0.1:5555: Address already
/// in use" (Code::refused).
class Socket {
 public:
  static Result<Socket> open(const Context& context, Kind kind, const SocketOptions& options = {});
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;

  Result<void> bind(const std::string& endpoint);
  Result<void> connect(const std::string& endpoint);
  /// Before bind: only clients with CURVE are let in, and of them those that the Zap of the context lets in.
  /// It must be open by then: without one libzmq lets in all of them.
  Result<void> use_server_key(const std::string& secret_key);
  /// Before connect: CURVE, with this server and no other.
  Result<void> use_client_keys(const ClientKeys& keys);
  /// Takes an endpoint as last_endpoint() gives it.
  Result<void> unbind(const std::string& endpoint);
  Result<void> disconnect(const std::string& endpoint);
  /// Topics that begin so; an empty text is all of them.
  Result<void> subscribe(std::string_view prefix);

  void set_linger(Duration linger);

  /// What was bound or connected last, with the port the system chose ("tcp://127.0.0.1:40001").
  std::string last_endpoint() const;

  /// Errors: Code::limit when the queue is full, Code::not_found when the peer is unknown (mandatory
  /// routers).
  Result<void> send(std::span<const std::string_view> frames);
  Result<void> send(std::initializer_list<std::string_view> frames) {
    return send(std::span<const std::string_view>(frames.begin(), frames.size()));
  }
  Result<void> send(const Frames& frames);
  /// The last frame is not copied, and counts in `backlog` until it is out, or dropped with its connection.
  Result<void> send(Frames frames, const Backlog& backlog);

  /// A whole message, or nothing when none waits. Frames beyond the 16th are read and dropped: nothing of
  /// ours has so many, and the message stays too long to be taken for something else.
  std::optional<Frames> receive();

  /// Sleeps until a message waits; false when none came in time. For clients without a loop. What `also`
  /// names ends it too.
  bool wait(Duration timeout, const AlsoAwaited& also = {});

  void* handle() const { return handle_; }

 private:
  friend class ZmqWatch;
  Socket(void* handle, std::string name) : handle_(handle), name_(std::move(name)) {}
  Error failure(std::string_view what, std::string_view endpoint) const;
  Result<void> send_all(std::span<const std::string_view> frames, bool more);
  Result<void> touched(Result<void> result) const;

  void* handle_;
  std::string name_;           ///< what it was bound or connected to, for messages
  Callback<void()> on_touch_;  ///< the watch of this socket: each send and receive may swallow its edge
};

}  // namespace troupe::wire
