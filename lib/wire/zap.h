#pragma once

#include <memory>
#include <string>

#include "lib/base/callback.h"
#include "lib/base/result.h"
#include "lib/wire/socket.h"
#include "lib/wire/zmq_watch.h"

namespace troupe::wire {

/// Somebody who wants to be let in.
struct Knock {
  std::string address;  ///< where he is: "127.0.0.1"
  std::string key;      ///< his public key, in Z85; that he has the secret one is proven
};

/// Decides who with a key is let in at the sockets of a context: the handler of ZAP (ZeroMQ RFC 27), at
/// inproc://zeromq.zap.01. One for a context, opened before its sockets are bound: without it libzmq would
/// let everybody in.
class Zap {
 public:
  using Decide = Callback<bool(const Knock&)>;

  static Result<std::unique_ptr<Zap>> open(const Context& context, loop::Loop& loop, Decide decide);

 private:
  Zap(loop::Loop& loop, Socket socket, Decide decide);
  void on_question(Frames& frames);

  Socket socket_;
  Decide decide_;
  ZmqWatch watch_;
};

}  // namespace troupe::wire
