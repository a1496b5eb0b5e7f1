#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "lib/json/reader.h"
#include "lib/json/writer.h"
#include "lib/wire/context.h"
#include "lib/wire/frames.h"
#include "lib/wire/reply.h"
#include "lib/wire/request.h"
#include "lib/wire/socket.h"

namespace troupe::plugins {

/// A control endpoint that knows `events`, and a bus that loses what the test wants it to lose. Runs its
/// script on a thread of its own, once somebody has subscribed, and then serves until it is destroyed.
class FakeArbiter {
 public:
  FakeArbiter() : router_(open(wire::Kind::router)), bus_(open(wire::Kind::xpub)) {
    REQUIRE(router_.bind("tcp://127.0.0.1:*"));
    REQUIRE(bus_.bind("tcp://127.0.0.1:*"));
  }
  ~FakeArbiter() {
    done_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::string endpoint() const { return router_.last_endpoint(); }
  std::string pubsub() const { return bus_.last_endpoint(); }
  const wire::Context& context() const { return context_; }

  template <class Script>
  void run(Script script) {
    thread_ = std::thread([this, script] {
      if (!bus_.wait(10s)) return;
      bus_.receive();
      script(*this);
      while (!done_) {
        if (router_.wait(5ms)) answer();
      }
    });
  }

  void publish(bool lost = false) {
    events_.push_back(Value(Value::Object{
        {"process_pid", 100 + last()}, {"time", 1795288879.0446756}, {"seq", last() + 1}, {"boot", boot}}));
    if (!lost) (void)bus_.send({"watcher.web.spawn", json::write(events_.back())});
  }
  void lose(int count) {
    for (int i = 0; i < count; ++i) publish(true);
  }
  void mark() {
    const Value data(Value::Object{{"time", 1.5}, {"seq", last()}, {"boot", boot}});
    (void)bus_.send({"arbiter.mark", json::write(data)});
  }
  void send_raw(std::string_view topic, std::string_view text) { (void)bus_.send({topic, text}); }
  std::int64_t last() const { return static_cast<std::int64_t>(events_.size()); }
  void restart(std::string new_boot) {
    boot = std::move(new_boot);
    events_.clear();
    oldest = 1;
  }
  /// Answers that many requests, and between them the question of a plugin that starts now where that is.
  void serve(int count) {
    while (count > 0 && router_.wait(10s)) count -= answer();
  }
  /// Answers that question.
  void serve_beginning() {
    if (router_.wait(10s)) CHECK(answer() == 0);
  }

  std::string boot = "b1";
  std::int64_t oldest = 1;              ///< earlier ones are gone
  bool refuses = false;                 ///< to give events
  std::atomic<int> silent{0};           ///< requests that are not answered
  std::vector<wire::Request> requests;  ///< to be read when the script is over

 private:
  wire::Socket open(wire::Kind kind) {
    auto socket = wire::Socket::open(context_, kind, {.every_subscription = true});
    REQUIRE(socket);
    return *std::move(socket);
  }

  /// How many requests it was that a test counts.
  int answer() {
    auto envelope = wire::open_envelope(*router_.receive());
    const auto request = std::get<wire::Request>(wire::decode_request(envelope->body, reader_));
    const bool begins = request.command == "events" && !request.properties.find("since") &&
                        *request.properties.find("limit") == Value(1);
    if (begins) {
      const Value::Object where{{"last", last()}, {"boot", boot}};
      (void)router_.send(wire::seal_reply(*envelope, wire::ok_reply(where, 1.5, request.id)));
      return 0;
    }
    requests.push_back(request);
    if (request.cast || silent-- > 0) return 1;
    silent = 0;
    (void)router_.send(wire::seal_reply(*envelope, reply_to(request)));
    return 1;
  }

  std::string reply_to(const wire::Request& request) const {
    if (request.command != "events")
      return wire::ok_reply(Value::Object{{"asked", request.command}}, 1.5, request.id);
    if (refuses) return wire::error_reply(5, "not today", 1.5, request.id);
    const Value* asked_boot = request.properties.find("boot");
    const Value* asked_since = request.properties.find("since");
    const std::int64_t since = asked_since ? *asked_since->as_int() : oldest - 1;
    if ((asked_boot && *asked_boot != Value(boot)) || since + 1 < oldest) {
      return wire::error_reply(3, "events are gone", 1.5, request.id);
    }
    Value::Array found;
    for (std::int64_t seq = since + 1; seq <= last() && found.size() < 1000; ++seq) {
      Value event = Value(Value::Object{{"topic", "watcher.web.spawn"}});
      for (const Member& member : *events_[static_cast<std::size_t>(seq - 1)].as_object()) {
        event.append(member.key, member.value);
      }
      found.push_back(std::move(event));
    }
    const std::int64_t next = since + static_cast<std::int64_t>(found.size());
    return wire::ok_reply(
        Value::Object{
            {"events", found}, {"next", next}, {"oldest", oldest}, {"last", last()}, {"boot", boot}},
        1.5, request.id);
  }

  wire::Context context_;
  wire::Socket router_, bus_;
  json::Reader reader_;
  std::vector<Value> events_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

}  // namespace troupe::plugins
