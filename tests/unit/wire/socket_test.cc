#include "lib/wire/socket.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <thread>

#include "lib/base/text.h"
#include "lib/wire/backlogs.h"
#include "lib/wire/endpoint.h"
#include "tests/unit/wire/pair.h"

using namespace troupe;
using namespace troupe::wire;

TEST_CASE("frames arrive as they were sent, empty and with any bytes") {
  Pair pair(Kind::router, Kind::dealer, {}, {.identity = "me"});
  const std::string bytes("\0\xFF\n", 3);
  REQUIRE(pair.client.send(Frames{"", bytes, std::string(100000, 'x')}));
  REQUIRE(pair.server.wait(10s));
  CHECK(pair.server.receive() == Frames{"me", "", bytes, std::string(100000, 'x')});
  CHECK_FALSE(pair.server.receive());
  REQUIRE(pair.server.send({"me", "back"}));
  REQUIRE(pair.client.wait(10s));
  CHECK(pair.client.receive() == Frames{"back"});
}

TEST_CASE("of a message with too many frames the first sixteen are kept and the next message is whole") {
  Pair pair(Kind::router, Kind::dealer);
  REQUIRE(pair.client.send(Frames(1000, "x")));
  REQUIRE(pair.client.send({"next"}));
  REQUIRE(pair.server.wait(10s));
  CHECK(pair.server.receive()->size() == 16);
  REQUIRE(pair.server.wait(10s));
  CHECK(pair.server.receive()->at(1) == "next");
}

TEST_CASE("an error names the endpoint and the reason") {
  Context context;
  Socket first = open_socket(context, Kind::router);
  Socket second = open_socket(context, Kind::router);
  REQUIRE(first.bind("tcp://127.0.0.1:*"));
  const std::string endpoint = first.last_endpoint();
  const auto taken = second.bind(endpoint);
  REQUIRE_FALSE(taken);
  CHECK(taken.error() == make_error(Code::refused, "bind " + endpoint + ": Address already in use"));
  CHECK(second.bind("nonsense").error().text == "bind nonsense: Invalid argument");
  CHECK(second.connect("tcp://no port").error().text == "connect to tcp://no port: Invalid argument");
  CHECK_FALSE(second.unbind(endpoint));
}

TEST_CASE("an endpoint that was unbound can be bound again") {
  Context context;
  Socket first = open_socket(context, Kind::router);
  REQUIRE(first.bind("inproc://here"));
  REQUIRE(first.unbind("inproc://here"));
  CHECK(first.bind("inproc://here"));
}

TEST_CASE("sending never waits: a full queue and an unknown peer are errors") {
  Context context;
  Socket alone = open_socket(context, Kind::dealer);
  const auto full = alone.send({"x"});
  REQUIRE_FALSE(full);
  CHECK(full.error() == make_error(Code::limit, "send to DEALER socket: the queue is full"));

  Socket router = open_socket(context, Kind::router, {.mandatory = true});
  const auto unknown = router.send({"nobody", "x"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Code::not_found);
  Socket careless = open_socket(context, Kind::router);
  CHECK(careless.send({"nobody", "x"}));
}

TEST_CASE("a subscriber gets the topics it asked for") {
  Pair pair(Kind::xpub, Kind::sub, {.every_subscription = true});
  REQUIRE(pair.client.subscribe("a."));
  REQUIRE(pair.server.wait(10s));
  CHECK(pair.server.receive() == Frames{"\x01"
                                        "a."});
  REQUIRE(pair.server.send({"b.1", "no"}));
  REQUIRE(pair.server.send({"a.1", "yes"}));
  REQUIRE(pair.client.wait(10s));
  CHECK(pair.client.receive() == Frames{"a.1", "yes"});
}

TEST_CASE("waiting ends in time when nothing comes") {
  Pair pair(Kind::router, Kind::dealer);
  CHECK_FALSE(pair.server.wait(1ms));
  CHECK_FALSE(pair.server.wait(-1s));
}

TEST_CASE("a socket keeps working after it was moved") {
  Pair pair(Kind::router, Kind::dealer);
  Socket moved = std::move(pair.client);
  REQUIRE(moved.send({"x"}));
  CHECK(pair.server.wait(10s));
}

TEST_CASE("a backlog counts what a peer leaves unread, and is empty when he has read it") {
  Context context;
  SocketOptions small;
  small.receive_queue = 1;
  auto router = Socket::open(context, Kind::router, {.linger = 0s, .mandatory = true});
  small.identity = "reader";
  auto dealer = Socket::open(context, Kind::dealer, small);
  REQUIRE(router);
  REQUIRE(dealer);
  REQUIRE(router->bind("tcp://127.0.0.1:*"));
  REQUIRE(dealer->connect(router->last_endpoint()));
  REQUIRE(dealer->send({"hello"}));
  REQUIRE(router->wait(20s));
  REQUIRE(router->receive());

  Backlogs backlogs;
  const Backlog backlog = backlogs.of("reader");
  const std::string large(8 << 20, 'x');
  for (int i = 0; i < 4; ++i) REQUIRE(router->send({"reader", large}, backlog));
  CHECK(backlog->bytes() >= large.size());
  for (int i = 0; i < 4; ++i) {
    REQUIRE(dealer->wait(20s));
    CHECK(dealer->receive()->front() == large);
  }
  while (backlog->bytes() > 0) std::this_thread::yield();
  const auto lost = router->send({"nobody", large}, backlog);
  REQUIRE(!lost);
  CHECK(lost.error().code == Code::not_found);
  CHECK(backlog->bytes() == 0);
}

TEST_CASE("peers without a backlog are forgotten") {
  Backlogs backlogs;
  const Backlog kept = backlogs.of("kept");
  kept->add(1);
  for (int i = 0; i < 1000; ++i) backlogs.of(std::to_string(i));
  CHECK(backlogs.size() <= 64);
  CHECK(backlogs.of("kept") == kept);
}

namespace {

/// The timers of the connections that a server on that port has, as /proc/net/tcp shows them: 02 is
/// keep-alive.
std::vector<std::string> timers_of(int port) {
  char local[16];
  std::snprintf(local, sizeof local, ":%04X", static_cast<unsigned>(port));
  std::vector<std::string> timers;
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    const auto fields = split_spaces(line);
    const bool ours = fields.size() > 5 && fields[1].ends_with(local) && fields[3] == "01";
    if (ours) timers.emplace_back(fields[5].substr(0, 2));
  }
  return timers;
}

}  // namespace

TEST_CASE("with keepalive the kernel asks a silent tcp peer whether he is still there, without it does not") {
  for (const bool keepalive : {true, false}) {
    CAPTURE(keepalive);
    Pair pair(Kind::router, Kind::dealer, {.keepalive = keepalive});
    REQUIRE(pair.client.send({"hello"}));
    REQUIRE(pair.server.wait(10s));
    const auto port = tcp_port(pair.server.last_endpoint());
    REQUIRE(port);
    const std::vector<std::string> wanted{keepalive ? "02" : "00"};
    // While something is not acknowledged yet another timer stands there.
    for (int i = 0; i < 500 && timers_of(*port) != wanted; ++i) (void)pair.client.wait(10ms);
    CHECK(timers_of(*port) == wanted);
  }
}
