#include "daemon/events.h"

#include <doctest/doctest.h>

#include <string>

#include "lib/json/reader.h"
#include "lib/wire/zmq_watch.h"
#include "tests/support/fake_ports.h"
#include "tests/unit/wire/pair.h"

using namespace troupe;

namespace {

/// Reads until the mark of that event.
struct Reader {
  loop::Loop& loop;
  std::int64_t wanted;
  int heard = 0;

  void on_message(wire::Frames& frames) {
    if (frames.at(0) != "arbiter.mark") {
      ++heard;
    } else if (*json::parse(frames.at(1))->find("seq") == Value(wanted)) {
      loop.stop();
    }
  }
};

}  // namespace

TEST_CASE("the mark that a full queue swallowed is sent again when the queues are empty") {
  constexpr int burst = 200;
  wire::Pair pair(wire::Kind::xpub, wire::Kind::sub, {.send_queue = 4}, {.receive_queue = 1});
  REQUIRE(pair.client.subscribe(""));
  REQUIRE(pair.server.wait(10s));
  REQUIRE(pair.server.receive());
  wire::BoundedLoop bounded;
  const FakeClock clock;
  Events events(bounded.loop, pair.server, clock, "b1", 1 << 20, 4);
  const Value large = Value::object().set("x", std::string(200'000, 'x'));
  for (int i = 0; i < burst; ++i) events.publish("test.large", large);
  loop::TimerWatch marked(bounded.loop, loop::TimerWatch::OnTimer::to<&loop::Loop::stop>(bounded.loop));
  marked.set_in(Events::mark_delay + 10ms);
  bounded.run();
  REQUIRE(events.unread() > 0);

  Reader reader{bounded.loop, burst};
  const wire::ZmqWatch watch(bounded.loop, pair.client,
                             wire::ZmqWatch::OnMessage::to<&Reader::on_message>(reader));
  bounded.run();
  CHECK(reader.heard < burst);
  CHECK(events.unread() == 0);
}
