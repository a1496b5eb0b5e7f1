#include "lib/wire/zap.h"

#include <zmq.h>

#include "tests/unit/wire/pair.h"

using namespace troupe;
using namespace troupe::wire;

namespace {

constexpr const char* zap_endpoint = "inproc://zeromq.zap.01";

/// Asks as libzmq asks (a REQ: an empty frame comes first), and has the answer.
struct Asker {
  explicit Asker(bool let_in) : answer(let_in) {
    auto opened = Zap::open(context, bounded.loop, Zap::Decide::to<&Asker::decide>(*this));
    REQUIRE(opened);
    zap = *std::move(opened);
    REQUIRE(socket.connect(zap_endpoint));
  }
  bool decide(const Knock& knock) {
    knocks.push_back(knock);
    return answer;
  }
  void on_reply(Frames& frames) {
    reply = frames;
    bounded.loop.stop();
  }
  Frames ask(const Frames& question) {
    REQUIRE(socket.send(question));
    bounded.run();
    return reply;
  }
  static Frames question(const std::string& mechanism, const std::string& credentials) {
    return {"", "1.0", "42", "global", "127.0.0.1", "me", mechanism, credentials};
  }

  bool answer;
  std::vector<Knock> knocks;
  Frames reply;
  Context context;
  BoundedLoop bounded;
  std::unique_ptr<Zap> zap;
  Socket socket = open_socket(context, Kind::dealer);
  ZmqWatch watch{bounded.loop, socket, ZmqWatch::OnMessage::to<&Asker::on_reply>(*this)};
};

const std::string key(32, '\x01');

}  // namespace

TEST_CASE("who has a key is let in when that key is known, and the decision is about address and key") {
  Asker asker(true);
  CHECK(asker.ask(Asker::question("CURVE", key)) == Frames{"", "1.0", "42", "200", "OK", "", ""});
  REQUIRE(asker.knocks.size() == 1);
  CHECK(asker.knocks[0].address == "127.0.0.1");
  std::uint8_t bytes[32];
  REQUIRE(zmq_z85_decode(bytes, asker.knocks[0].key.c_str()));
  CHECK(std::string(bytes, bytes + 32) == key);
}

TEST_CASE("who has an unknown key is refused") {
  Asker asker(false);
  CHECK(asker.ask(Asker::question("CURVE", key)) == Frames{"", "1.0", "42", "400", "unknown key", "", ""});
}

TEST_CASE(
    "another mechanism, a key of another length and one frame too many are refused, and nobody decides") {
  Asker asker(true);
  Frames more = Asker::question("CURVE", key);
  more.push_back("more");
  for (const Frames& bad :
       {Asker::question("NULL", key), Asker::question("PLAIN", key), Asker::question("CURVE", key.substr(1)),
        Asker::question("CURVE", key + "x"), Asker::question("CURVE", ""), more}) {
    CHECK(asker.ask(bad).at(3) == "400");
  }
  CHECK(asker.knocks.empty());
}

TEST_CASE("a question that is none is dropped, and the next one is answered") {
  Asker asker(true);
  REQUIRE(asker.socket.send({"", "1.0", "42", "global", "127.0.0.1", "me"}));
  Frames other_version = Asker::question("CURVE", key);
  other_version[1] = "2.0";
  REQUIRE(asker.socket.send(other_version));
  CHECK(asker.ask(Asker::question("CURVE", key)).at(3) == "200");
  CHECK(asker.knocks.size() == 1);
}

TEST_CASE("a context has one that decides: a second one is an error") {
  Asker asker(true);
  const auto second = Zap::open(asker.context, asker.bounded.loop, Zap::Decide::to<&Asker::decide>(asker));
  REQUIRE_FALSE(second);
  CHECK(second.error().text == "bind inproc://zeromq.zap.01: Address already in use");
}
