// What the control and event endpoints promise whatever is asked: framing, tickets, bounds.

#include <unistd.h>

#include <fstream>

#include "tests/wire/stage.h"

namespace troupe {

namespace {

std::string request(std::string_view command, const std::string& properties = "{}",
                    const std::string& id = "1") {
  return R"({"id":)" + id + R"(,"command":")" + std::string(command) + R"(","properties":)" + properties +
         "}";
}

const std::string add_web = request("add", R"({"name":"web","cmd":"worker","start":true,"waiting":true})");
const std::string add_stubborn =
    request("add", R"({"name":"web","cmd":"stubborn","start":true,"waiting":true})");

bool is_ok(const Value& reply) {
  return reply.find("status") && *reply.find("status") == Value("ok");
}

std::string reason(const Value& reply) {
  const Value* text = reply.find("reason");
  return text && text->as_text() ? *text->as_text() : "";
}

/// Asks until the reply is as wanted.
template <class Wanted>
void ask_until(Stage& stage, Stage::Client& client, const std::string& text, Wanted wanted) {
  const Instant late = std::chrono::steady_clock::now() + 20s;
  while (!wanted(stage.call(client, text))) REQUIRE(std::chrono::steady_clock::now() < late);
}

void wait_for_state(Stage& stage, Stage::Client& client, std::string_view state) {
  ask_until(stage, client, request("status", R"({"name":"web"})"),
            [&](const Value& reply) { return *reply.find("status") == Value(state); });
}

long resident_bytes() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::string publish_request(std::size_t bytes) {
  return request("publish", R"({"topic":"big","data":{"x":")" + std::string(bytes, 'x') + R"("}})");
}

/// Publishes until it is refused; how often it was not.
int publish_until_refused(Stage& stage, Stage::Client& client, std::size_t bytes, int most,
                          std::string& why) {
  const std::string text = publish_request(bytes);
  for (int sent = 0; sent < most; ++sent) {
    const Value reply = stage.call(client, text);
    why = reason(reply);
    if (!is_ok(reply)) return sent;
  }
  return most;
}

}  // namespace

TEST_CASE("a reply is framed as the request was: one frame to a DEALER, an empty one before it to a REQ") {
  Stage stage;
  Stage::Client dealer(stage, wire::Kind::dealer, stage.control_endpoint());
  REQUIRE(dealer.socket.send({request("numwatchers")}));
  REQUIRE(dealer.socket.send({"", request("numwatchers", "{}", "123456789012345678901234567890")}));
  stage.until([&] { return dealer.got.size() == 2; });
  CHECK(dealer.got[0].size() == 1);
  REQUIRE(dealer.got[1].size() == 2);
  CHECK(dealer.got[1][0].empty());
  CHECK(dealer.got[1][1] ==
        R"({"status":"ok","time":1700000000.5,"numwatchers":0,"id":123456789012345678901234567890})");
}

TEST_CASE("what is no request is dropped, and the next request of the same client is answered") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  REQUIRE(client.socket.send({"a", "b", "c"}));
  REQUIRE(client.socket.send({"no delimiter", request("numwatchers")}));
  CHECK(is_ok(stage.call(client, request("numwatchers"))));
  CHECK(client.got.empty());
}

TEST_CASE("a caller that waits is answered when the work is over, others meanwhile") {
  Stage stage;
  Stage::Client waits(stage, wire::Kind::dealer, stage.control_endpoint());
  Stage::Client other(stage, wire::Kind::dealer, stage.control_endpoint());
  CHECK(is_ok(stage.call(waits, add_stubborn)));
  REQUIRE(waits.socket.send({request("stop", R"({"name":"web","waiting":true})", "\"mine\"")}));
  wait_for_state(stage, other, "stopping");
  CHECK(waits.got.empty());
  stage.advance(31s);
  stage.until([&] { return !waits.got.empty(); });
  CHECK(waits.got.front().back().find(R"("id":"mine")") != std::string::npos);
}

TEST_CASE("a caller that waits has an id of at most 1024 bytes; one that does not wait gets back any") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  CHECK(is_ok(stage.call(client, add_stubborn)));
  const auto id = [](std::size_t bytes) { return "\"" + std::string(bytes - 2, 'i') + "\""; };
  const std::string longest = id(Control::longest_waiting_id), too_long = id(Control::longest_waiting_id + 1);
  const std::string waiting = R"({"name":"web","waiting":true})";
  const Value refused = stage.call(client, request("restart", waiting, too_long));
  CHECK(reason(refused) == "the 'id' of who waits may have 1024 bytes; send a shorter one");
  CHECK(refused.find("id")->as_text()->size() == too_long.size() - 2);
  CHECK(*stage.call(client, request("status", R"({"name":"web"})")).find("status") == Value("active"));
  CHECK(is_ok(stage.call(client, request("list", "{}", too_long))));
  REQUIRE(client.socket.send({request("stop", waiting, longest)}));
  Stage::Client other(stage, wire::Kind::dealer, stage.control_endpoint());
  wait_for_state(stage, other, "stopping");
  stage.advance(31s);
  stage.until([&] { return !client.got.empty(); });
  CHECK(is_ok(*json::parse(client.got.front().back())));
}

TEST_CASE("the ticket of a caller that left is settled all the same, and nobody else gets his answer") {
  Stage stage;
  Stage::Client other(stage, wire::Kind::dealer, stage.control_endpoint());
  CHECK(is_ok(stage.call(other, add_stubborn)));
  {
    Stage::Client leaves(stage, wire::Kind::dealer, stage.control_endpoint());
    REQUIRE(leaves.socket.send({request("stop", R"({"name":"web","waiting":true})")}));
    wait_for_state(stage, other, "stopping");
  }
  stage.advance(31s);
  CHECK(*stage.call(other, request("status", R"({"name":"web"})")).find("status") == Value("stopped"));
  CHECK(other.got.empty());
}

TEST_CASE("add with start and waiting answers when the start is over, with its pids on top") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  const Value reply = stage.call(client, add_web);
  CHECK(*reply.find("started") == Value(Value::Array{101}));
  CHECK(*reply.find("kept") == Value::array());
}

TEST_CASE("an add that is refused leaves no caller waiting: he is answered once") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  CHECK(is_ok(stage.call(client, add_web)));
  const Value again = stage.call(client, add_web);
  CHECK(reason(again) == "'web' already exist");
  stage.advance(60s);
  CHECK(is_ok(stage.call(client, request("numwatchers"))));
  CHECK(client.got.empty());
}

TEST_CASE("a start that a stop ends is told so, whatever asked for it") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  REQUIRE(
      client.socket.send({request("add", R"({"name":"web","cmd":"missing","options":{"max_retry":-1}})")}));
  for (const char* asked :
       {R"(start","properties":{"name":"web","waiting":true)",
        R"(incr","properties":{"name":"web","waiting":true)",
        R"(set","properties":{"name":"web","options":{"numprocesses":5},"waiting":true)"}) {
    REQUIRE(client.socket.send({R"({"id":"waits","command":")" + std::string(asked) + "}}"}));
  }
  REQUIRE(client.socket.send({request("stop", R"({"name":"web"})")}));
  stage.until([&] { return client.got.size() == 5; });
  std::vector<std::string> reasons;
  for (const wire::Frames& reply : client.got) reasons.push_back(reason(*json::parse(reply.back())));
  CHECK(reasons[1] == "start of web was ended by a stop");
  CHECK(reasons[2] == "web is changed, but the wait for its processes was ended by a stop");
  CHECK(reasons[3] == reasons[2]);
}

TEST_CASE("a hold of the same holder takes the place of his older one") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  CHECK(is_ok(stage.call(client, add_web)));
  CHECK(is_ok(stage.call(client, request("hold", R"({"name":"web","by":"me","reason":"old"})"))));
  CHECK(is_ok(stage.call(
      client, request("hold", R"({"name":"web","by":"me","reason":"new","until":1700000060.5})"))));
  CHECK(is_ok(stage.call(client, request("hold", R"({"name":"web","by":"other"})"))));
  const auto& holds = stage.arbiter().world().find("web")->holds();
  REQUIRE(holds.size() == 2);
  CHECK(holds[0].reason == "new");
  CHECK(holds[0].until == stage.clock().time + 60s);
}

TEST_CASE(
    "a subscriber that never reads: publish is refused at the bound, memory stays, his going mends it") {
  conf::ArbiterConfig config;
  config.event_ring = 1 << 20;
  Stage stage(config);
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  constexpr std::size_t piece = 1000000;
  std::string why;
  const long before = resident_bytes();
  int taken = 0;
  {
    // Watched, so that the stage can say when it has joined; then nobody reads it any more.
    Stage::Client deaf(stage, wire::Kind::sub, stage.events_endpoint(), {.receive_queue = 1});
    stage.until([&] { return !deaf.got.empty(); });
    deaf.watch.pause();
    taken = publish_until_refused(stage, client, piece, 500, why);
    CHECK(taken >= 64);
    CHECK(taken < 120);  // what fits into the bound, the kernel's buffers and the subscriber's own queue
    CHECK(why.find("more than 67108864; publish again when they have read") != std::string::npos);
    CHECK(publish_until_refused(stage, client, piece, 100, why) < 3);
    CHECK(resident_bytes() - before < 200 << 20);
    CHECK(stage.events().unread() <= Events::most_unread + (2 << 20));
    // The daemon's own events go on.
    const std::uint64_t last = stage.events().ring().last();
    CHECK(is_ok(stage.call(client, add_web)));
    CHECK(stage.events().ring().last() == last + 3);
  }
  ask_until(stage, client, publish_request(10), is_ok);
  ask_until(stage, client, request("numwatchers"),
            [&](const Value&) { return stage.events().unread() == 0; });
}

TEST_CASE("clients that never read their replies are bounded together, and others are served all the same") {
  conf::ArbiterConfig config;
  Stage stage(config);
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  for (int i = 0; i < 4; ++i)
    CHECK(is_ok(stage.call(client, request("publish", R"({"topic":"big","data":{"x":")" +
                                                          std::string(1000000, 'x') + R"("}})"))));
  const std::string page = request("events", R"({"since":0})");
  CHECK(is_ok(stage.call(client, page)));
  constexpr int clients = 24, pages = 8;  // up to 16 MiB each: more than all may have together
  {
    std::vector<std::unique_ptr<Stage::Client>> deaf;
    for (int i = 0; i < clients; ++i) {
      deaf.push_back(std::make_unique<Stage::Client>(stage, wire::Kind::dealer, stage.control_endpoint(),
                                                     wire::SocketOptions{.receive_queue = 1}));
      CHECK(is_ok(stage.call(*deaf.back(), request("numwatchers"))));
      deaf.back()->watch.pause();
      for (int j = 0; j < pages; ++j) REQUIRE(deaf.back()->socket.send({page}));
      CHECK(is_ok(stage.call(client, request("numwatchers"))));  // until the daemon has come to them
    }
    const auto is_refused = [](const Value& reply) { return reason(reply).ends_with("ask again later"); };
    ask_until(stage, client, page, is_refused);
    CHECK(is_ok(stage.call(client, request("numwatchers"))));
  }
  ask_until(stage, client, page, is_ok);
}

TEST_CASE("subscribers that read do not fill the bound") {
  conf::ArbiterConfig config;
  config.event_ring = 1 << 20;
  Stage stage(config);
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  Stage::Client reads(stage, wire::Kind::sub, stage.events_endpoint());
  stage.until([&] { return !reads.got.empty(); });
  std::string why;
  const std::string text = publish_request(1000000);
  std::size_t heard = 0;
  for (int i = 0; i < 150; ++i) {
    CHECK(is_ok(stage.call(client, text)));
    stage.until([&] {
      for (; !reads.got.empty(); reads.got.pop_front()) heard += reads.got.front().front() == "big";
      return heard > static_cast<std::size_t>(i);
    });
  }
  CHECK(heard == 150);
}

TEST_CASE("beyond twice the bound the daemon's own events are kept and not sent: the numbers show the gap") {
  conf::ArbiterConfig config;
  config.event_ring = 1 << 20;
  Stage stage(config);
  Stage::Client deaf(stage, wire::Kind::sub, stage.events_endpoint(), {.receive_queue = 1});
  stage.until([&] { return !deaf.got.empty(); });
  deaf.watch.pause();
  const Value data = Value::object().set("x", std::string(1000000, 'x'));
  for (int i = 1; i <= 250; ++i)
    CHECK(stage.bus().publish("watcher.big.event", data) == static_cast<std::uint64_t>(i));
  CHECK(stage.events().unread() <= Events::most_queued);
  CHECK(stage.events().ring().last() == 250);
  CHECK(stage.events().ring().oldest() == 250);
}

TEST_CASE("a late subscriber is told the last number by a mark") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  CHECK(is_ok(stage.call(client, add_web)));
  Stage::Client late(stage, wire::Kind::sub, stage.events_endpoint());
  stage.until([&] { return !late.got.empty(); });
  CHECK(late.got.front()[0] == "arbiter.mark");
  CHECK(late.got.front()[1] == R"({"time":1700000000.5,"seq":3,"boot":"boot-of-the-test"})");
}

TEST_CASE("quit with waiting is answered when everything has stopped, after the last event") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  CHECK(is_ok(stage.call(client, add_web)));
  CHECK(is_ok(stage.call(client, request("quit", R"({"waiting":true})"))));
  CHECK(stage.left);
  CHECK(stage.events().ring().after(3, 9, "", 1 << 20).events.back()->topic == "arbiter.stopping");
}

TEST_CASE("a request that comes when everything has stopped is refused and not left without an answer") {
  Stage stage;
  Stage::Client client(stage, wire::Kind::dealer, stage.control_endpoint());
  CHECK(is_ok(stage.call(client, request("quit", R"({"waiting":true})"))));
  REQUIRE(stage.left);
  REQUIRE(client.socket.send({request("add", R"({"name":"web","cmd":"worker"})", "2")}));
  stage.turn_away_rest();
  stage.until([&] { return !client.got.empty(); });
  const Value reply = *json::parse(client.got.front().front());
  CHECK(reason(reply) == "the daemon is stopping");
  CHECK(*reply.find("errno") == Value(5));
  CHECK(*reply.find("id") == Value(2));
}

}  // namespace troupe
