#pragma once

#include <doctest/doctest.h>

#include <string>

#include "lib/loop/loop.h"
#include "lib/loop/timer_watch.h"
#include "lib/wire/context.h"
#include "lib/wire/socket.h"

namespace troupe::wire {

inline Socket open_socket(const Context& context, Kind kind, const SocketOptions& options = {}) {
  auto socket = Socket::open(context, kind, options);
  REQUIRE(socket);
  return *std::move(socket);
}

/// A server on a free port of this machine and a client connected to it.
struct Pair {
  Context context;
  Socket server, client;

  Pair(Kind server_kind, Kind client_kind, const SocketOptions& server_options = {},
       const SocketOptions& client_options = {})
      : server(open_socket(context, server_kind, server_options)),
        client(open_socket(context, client_kind, client_options)) {
    REQUIRE(server.bind("tcp://127.0.0.1:*"));
    REQUIRE(client.connect(server.last_endpoint()));
  }
};

/// A loop that a test cannot hang in.
struct BoundedLoop {
  loop::Loop loop;
  bool late = false;
  void on_late() {
    late = true;
    loop.stop();
  }
  loop::TimerWatch guard{loop, loop::TimerWatch::OnTimer::to<&BoundedLoop::on_late>(*this)};

  void run() {
    guard.set_in(20s);
    loop.run();
    guard.cancel();
    CHECK_FALSE(late);
  }
};

}  // namespace troupe::wire
