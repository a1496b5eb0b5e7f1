#include "lib/wire/client.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

#include "lib/os/fd.h"
#include "lib/wire/frames.h"
#include "lib/wire/reply.h"
#include "lib/wire/request.h"
#include "lib/wire/subscriber.h"
#include "tests/unit/wire/pair.h"

using namespace troupe;
using namespace troupe::wire;

namespace {

/// The server's side of one call: gets the request and answers with what `answers` makes of it.
template <class Answers>
Result<Value> call(Client& client, Socket& server, Answers answers) {
  std::thread thread([&] {
    if (!server.wait(10s)) return;
    const auto envelope = open_envelope(*server.receive());
    json::Reader reader;
    const Request request = std::get<Request>(decode_request(envelope->body, reader));
    for (std::string& reply : answers(request)) (void)server.send(seal_reply(*envelope, std::move(reply)));
  });
  auto result = client.call("status", Value::Object{{"name", "web"}}, 10s);
  thread.join();
  return result;
}

struct Server {
  Context context;
  Socket socket = open_socket(context, Kind::router);
  std::unique_ptr<Client> client;

  Server() {
    REQUIRE(socket.bind("tcp://127.0.0.1:*"));
    auto connected = Client::connect(context, socket.last_endpoint());
    REQUIRE(connected);
    client = std::make_unique<Client>(*std::move(connected));
  }
};

}  // namespace

TEST_CASE("a call returns the whole reply, an error reply too") {
  Server server;
  const auto ok = call(*server.client, server.socket, [](const Request& request) {
    CHECK(request.command == "status");
    CHECK(request.properties == Value(Value::Object{{"name", "web"}}));
    CHECK(request.id.size() == 34);
    return Frames{ok_reply(Value::Object{{"status", "active"}}, 1.5, request.id)};
  });
  REQUIRE(ok);
  CHECK(*ok->find("status") == Value("active"));
  const auto error = call(*server.client, server.socket, [](const Request& request) {
    return Frames{error_reply(3, "program web not found", 1.5, request.id)};
  });
  REQUIRE(error);
  CHECK(*error->find("errno") == Value(3));
}

TEST_CASE("replies to others are dropped and an error without an id is taken") {
  Server server;
  const auto reply = call(*server.client, server.socket, [](const Request& request) {
    return Frames{ok_reply({}, 1.0, R"("foreign")"), ok_reply({}, 2.0, {}), "[]",
                  ok_reply({}, 3.0, request.id)};
  });
  REQUIRE(reply);
  CHECK(*reply->find("time") == Value(3.0));
  const auto unread = call(*server.client, server.socket,
                           [](const Request&) { return Frames{error_reply(1, "json invalid", 4.0, {})}; });
  REQUIRE(unread);
  CHECK(*unread->find("errno") == Value(1));
}

TEST_CASE("an answer that is not JSON is an error that names the endpoint") {
  Server server;
  const auto reply =
      call(*server.client, server.socket, [](const Request&) { return Frames{"HTTP/1.1 400"}; });
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == Code::invalid_json);
  CHECK(reply.error().text.starts_with(server.socket.last_endpoint() + " answers what is not JSON"));
}

TEST_CASE("no answer in time names the endpoint and the time") {
  Server server;
  const auto late = server.client->call("status", Value::object(), 20ms);
  REQUIRE_FALSE(late);
  CHECK(late.error() ==
        make_error(Code::timed_out, "no answer from " + server.socket.last_endpoint() + " within 0.02 s"));
}

TEST_CASE("a client of an endpoint where nobody is does not hang at its end") {
  Context context;
  auto client = Client::connect(context, "ipc:///nonexistent/control");
  REQUIRE(client);
  const auto late = client->call("status", Value::object(), 10ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().text == "no answer from ipc:///nonexistent/control within 0.01 s");
  const auto odd = client->call("status", Value::object(), 9999us);
  CHECK(odd.error().text == "no answer from ipc:///nonexistent/control within 0.01 s");
  CHECK_FALSE(Client::connect(context, "nonsense"));
}

TEST_CASE("a call of one who gives up ends as soon as it is known that nobody listens") {
  Context context;
  auto client = Client::connect(context, "ipc:///nonexistent/control");
  REQUIRE(client);
  client->give_up_when([](const std::string&) { return std::string("nobody listens"); });
  for (int i = 0; i < 2; ++i) {
    const auto lost = client->call("status", Value::object(), for_ever / 2);
    REQUIRE_FALSE(lost);
    CHECK(lost.error() == make_error(Code::not_found, "ipc:///nonexistent/control: nobody listens"));
  }
}

TEST_CASE("a cast is sent and marked as one") {
  Server server;
  REQUIRE(server.client->cast("stop", Value::object()));
  REQUIRE(server.socket.wait(10s));
  json::Reader reader;
  const auto envelope = open_envelope(*server.socket.receive());
  CHECK(std::get<Request>(decode_request(envelope->body, reader)) ==
        Request{"stop", Value::object(), {}, true});
}

TEST_CASE("a subscriber without topics gets everything that has two frames") {
  Context context;
  Socket bus = open_socket(context, Kind::xpub, {.every_subscription = true});
  REQUIRE(bus.bind("tcp://127.0.0.1:*"));
  auto all = Subscriber::connect(context, bus.last_endpoint());
  const std::string topics[] = {"watcher.web.", "arbiter."};
  auto some = Subscriber::connect(context, bus.last_endpoint(), topics);
  REQUIRE(all);
  REQUIRE(some);
  for (int subscriptions = 0; subscriptions < 3; ++subscriptions) {
    REQUIRE(bus.wait(10s));
    bus.receive();
  }
  REQUIRE(bus.send({"odd"}));
  REQUIRE(bus.send({"watcher.db.spawn", "1"}));
  REQUIRE(bus.send({"arbiter.mark", "2"}));
  CHECK(all->wait(10s) == Message{"watcher.db.spawn", "1"});
  CHECK(all->wait(10s) == Message{"arbiter.mark", "2"});
  CHECK(some->wait(10s) == Message{"arbiter.mark", "2"});
  CHECK_FALSE(some->receive());
  CHECK_FALSE(some->wait(1ms));
}

TEST_CASE(
    "a connection that is cut before the answer ends the call at once, and the request is not sent again") {
  Context context;
  auto server = std::make_unique<Socket>(open_socket(context, Kind::router));
  REQUIRE(server->bind("tcp://127.0.0.1:*"));
  const std::string endpoint = server->last_endpoint();
  auto client = Client::connect(context, endpoint);
  REQUIRE(client);
  std::thread thread([&] {
    if (server->wait(10s)) server.reset();
  });
  const Instant begin = std::chrono::steady_clock::now();
  const auto lost = client->call("stop", Value::object(), 60s);
  thread.join();
  REQUIRE_FALSE(lost);
  CHECK(std::chrono::steady_clock::now() - begin < 30s);
  CHECK(lost.error() ==
        make_error(Code::failed, endpoint + " closed the connection without an answer: what was asked may "
                                            "or may not have been carried out"));

  Socket next = open_socket(context, Kind::router);
  REQUIRE(next.bind(endpoint));
  const auto again = call(*client, next, [](const Request& request) {
    CHECK(request.command == "status");
    return Frames{ok_reply({}, 1.0, request.id)};
  });
  CHECK(again);
}

TEST_CASE("an answer that came just before the end of the connection is taken") {
  for (int round = 0; round < 20; ++round) {
    Context context;
    auto server = std::make_unique<Socket>(open_socket(context, Kind::router, {.linger = 10s}));
    REQUIRE(server->bind("tcp://127.0.0.1:*"));
    auto client = Client::connect(context, server->last_endpoint());
    REQUIRE(client);
    std::thread thread([&] {
      if (!server->wait(10s)) return;
      const auto envelope = open_envelope(*server->receive());
      json::Reader reader;
      const Request request = std::get<Request>(decode_request(envelope->body, reader));
      (void)server->send(seal_reply(*envelope, ok_reply({}, 1.0, request.id)));
      server.reset();
    });
    CHECK(client->call("quit", Value::object(), 60s));
    thread.join();
  }
}

TEST_CASE("a call ends when nobody reads the output that it is for") {
  Server server;
  auto pipe = os::open_pipe();
  REQUIRE(pipe);
  server.client->give_up_with(pipe->write.get());
  std::thread thread([&] {
    if (server.socket.wait(10s)) pipe->read.reset();
  });
  const auto ended = server.client->call("logs", Value::object(), 60s);
  thread.join();
  REQUIRE_FALSE(ended);
  CHECK(ended.error() == make_error(Code::failed, "nobody reads the output any more"));
}
