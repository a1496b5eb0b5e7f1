#include "lib/wire/zmq_watch.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <memory>
#include <string>

#include "tests/unit/wire/pair.h"

using namespace troupe;
using namespace troupe::wire;

namespace {

using OnMessage = ZmqWatch::OnMessage;
using OnTimer = loop::TimerWatch::OnTimer;

void wait_for_message(Socket& socket) {
  REQUIRE(socket.wait(10s));
}

}  // namespace

TEST_CASE("every message of a burst arrives, in order, after one edge") {
  Pair pair(Kind::router, Kind::dealer);
  BoundedLoop bounded;
  int expected = 0;
  auto on_message = [&](Frames& frames) {
    REQUIRE(frames.size() == 2);
    CHECK(frames[1] == std::to_string(expected));
    if (++expected == 700) bounded.loop.stop();
  };
  for (int i = 0; i < 700; ++i) REQUIRE(pair.client.send({std::to_string(i)}));
  ZmqWatch watch(bounded.loop, pair.server, OnMessage::of(on_message));
  bounded.run();
  CHECK(expected == 700);
}

TEST_CASE("messages that waited before the watch was made are found") {
  Pair pair(Kind::router, Kind::dealer);
  REQUIRE(pair.client.send({"early"}));
  wait_for_message(pair.server);  // the edge is gone now
  BoundedLoop bounded;
  auto on_message = [&](Frames&) { bounded.loop.stop(); };
  ZmqWatch watch(bounded.loop, pair.server, OnMessage::of(on_message));
  bounded.run();
}

TEST_CASE("a send outside of the watch that swallows the edge does not hide the message") {
  Pair pair(Kind::router, Kind::dealer);
  BoundedLoop bounded;
  std::string client_id;
  int received = 0;
  auto on_message = [&](Frames& frames) {
    client_id = frames[0];
    if (++received == 200) return bounded.loop.stop();
    // The next message is in the server's mailbox before this callback is over ...
    REQUIRE(pair.client.send({"next"}));
  };
  ZmqWatch watch(bounded.loop, pair.server, OnMessage::of(on_message));
  // ... and sends and receives of others come in between, over and over.
  loop::TimerWatch* again = nullptr;
  auto on_timer = [&] {
    if (!client_id.empty()) REQUIRE(pair.server.send({client_id, "unasked"}));
    again->set_in(20us);
  };
  loop::TimerWatch timer(bounded.loop, OnTimer::of(on_timer));
  again = &timer;
  timer.set_in(0ms);
  REQUIRE(pair.client.send({"first"}));
  bounded.run();
  CHECK(received == 200);
}

TEST_CASE("a send that reads the mailbox while a message waits is noticed before the loop sleeps") {
  Pair pair(Kind::router, Kind::dealer);
  BoundedLoop bounded;
  int received = 0;
  auto on_message = [&](Frames& frames) {
    if (++received == 2) return bounded.loop.stop();
    const std::string id = frames[0];
    (void)id;
  };
  ZmqWatch watch(bounded.loop, pair.server, OnMessage::of(on_message));
  auto on_timer = [&] {
    REQUIRE(pair.client.send({"second"}));
    wait_for_message(pair.server);               // polling takes the edge away from the loop
    REQUIRE(pair.server.send({"nobody", "x"}));  // and the owner's send is all that tells the watch
  };
  loop::TimerWatch timer(bounded.loop, OnTimer::of(on_timer));
  timer.set_in(5ms);
  REQUIRE(pair.client.send({"first"}));
  bounded.run();
  CHECK(received == 2);
}

TEST_CASE("a flood of messages leaves a turn to timers and to other sockets") {
  Pair flood(Kind::router, Kind::dealer, {.receive_queue = 0}, {.send_queue = 0});
  Pair quiet(Kind::router, Kind::dealer);
  BoundedLoop bounded;
  int flooded = 0, before_timer = -1, before_quiet = -1;
  auto on_flood = [&](Frames&) {
    if (++flooded == 5000) bounded.loop.stop();
  };
  auto on_quiet = [&](Frames&) { before_quiet = flooded; };
  auto on_timer = [&] { before_timer = flooded; };
  for (int i = 0; i < 5000; ++i) REQUIRE(flood.client.send({"x"}));
  REQUIRE(quiet.client.send({"me too"}));
  wait_for_message(quiet.server);
  wait_for_message(flood.server);
  ZmqWatch flood_watch(bounded.loop, flood.server, OnMessage::of(on_flood), 100);
  ZmqWatch quiet_watch(bounded.loop, quiet.server, OnMessage::of(on_quiet), 100);
  loop::TimerWatch timer(bounded.loop, OnTimer::of(on_timer));
  timer.set_in(0ms);
  bounded.run();
  CHECK(flooded == 5000);
  CHECK(before_quiet >= 0);
  CHECK(before_quiet <= 200);
  CHECK(before_timer >= 0);
  CHECK(before_timer <= 300);
}

TEST_CASE("a watch may be destroyed in its own callback, and the socket goes on with another") {
  Pair pair(Kind::router, Kind::dealer);
  BoundedLoop bounded;
  std::unique_ptr<ZmqWatch> watch;
  int received = 0;
  auto on_message = [&](Frames&) {
    ++received;
    watch.reset();
    bounded.loop.stop();
  };
  REQUIRE(pair.client.send({"one"}));
  REQUIRE(pair.client.send({"two"}));
  wait_for_message(pair.server);
  for (int round = 1; round <= 2; ++round) {
    watch = std::make_unique<ZmqWatch>(bounded.loop, pair.server, OnMessage::of(on_message));
    bounded.run();
    CHECK(received == round);
  }
}

TEST_CASE("a paused watch leaves messages where they are until it is resumed") {
  Pair pair(Kind::router, Kind::dealer);
  BoundedLoop bounded;
  int received = 0;
  ZmqWatch* the_watch = nullptr;
  auto on_message = [&](Frames&) {
    if (++received == 1) the_watch->pause();
    if (received == 3) bounded.loop.stop();
  };
  auto on_timer = [&] {
    CHECK(received == 1);
    the_watch->resume();
  };
  ZmqWatch watch(bounded.loop, pair.server, OnMessage::of(on_message));
  the_watch = &watch;
  loop::TimerWatch timer(bounded.loop, OnTimer::of(on_timer));
  timer.set_in(20ms);
  for (int i = 0; i < 3; ++i) REQUIRE(pair.client.send({"x"}));
  bounded.run();
  CHECK(received == 3);
}

TEST_CASE("subscriptions come in at an XPUB, each of them") {
  Pair pair(Kind::xpub, Kind::sub, {.every_subscription = true});
  Socket second = open_socket(pair.context, Kind::sub);
  REQUIRE(second.connect(pair.server.last_endpoint()));
  REQUIRE(pair.client.subscribe("watcher."));
  REQUIRE(second.subscribe("watcher."));
  BoundedLoop bounded;
  int subscriptions = 0;
  auto on_message = [&](Frames& frames) {
    CHECK(frames == Frames{"\x01watcher."});
    if (++subscriptions == 2) bounded.loop.stop();
  };
  ZmqWatch watch(bounded.loop, pair.server, OnMessage::of(on_message));
  bounded.run();
  REQUIRE(pair.server.send({"watcher.web.spawn", "{}"}));
  for (Socket* reader : {&pair.client, &second}) {
    wait_for_message(*reader);
    CHECK(reader->receive() == Frames{"watcher.web.spawn", "{}"});
  }
}

TEST_CASE("a watch of a quiet socket does not wake the loop up") {
  Pair pair(Kind::router, Kind::dealer);
  BoundedLoop bounded;
  int received = 0;
  rusage before{}, after{};
  loop::TimerWatch* end = nullptr;
  auto on_message = [&](Frames& frames) {
    ++received;
    REQUIRE(pair.server.send({frames[0], "answer"}));
    end->set_in(100ms);
  };
  ZmqWatch watch(bounded.loop, pair.server, OnMessage::of(on_message));
  int rounds = 0;
  auto on_end = [&] {
    if (++rounds == 2) {
      getrusage(RUSAGE_THREAD, &after);
      return bounded.loop.stop();
    }
    getrusage(RUSAGE_THREAD, &before);
    end->set_in(200ms);
  };
  loop::TimerWatch timer(bounded.loop, OnTimer::of(on_end));
  end = &timer;
  REQUIRE(pair.client.send({"x"}));
  bounded.run();
  CHECK(received == 1);
  CHECK(after.ru_nvcsw - before.ru_nvcsw <= 2);
}
