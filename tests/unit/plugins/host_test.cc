#include "plugins/host/host.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <numeric>
#include <string>
#include <vector>

#include "lib/log/log.h"
#include "tests/unit/plugins/fake_arbiter.h"

using namespace troupe;
using namespace troupe::plugins;

namespace {

using Numbers = std::vector<std::int64_t>;

/// What one plugin saw, and how it behaves. One at a time: the maker of a row has no context.
struct Record {
  Start start{};
  std::int64_t stop_at = 0;      ///< ends at this seq
  std::string stop_boot = "b1";  ///< of this boot
  int stop_status = 0;
  std::int64_t call_at = 0;  ///< calls the daemon at this seq
  Result<void> init{};
  Numbers seqs{};
  std::vector<std::string> topics{};
  std::string calls{};
  int batches = 0, stops = 0, turns = 0;
};
Record* record = nullptr;

class Recorder : public Plugin {
 public:
  explicit Recorder(Services& services_of_host) : Plugin(services_of_host) {}

  Result<void> handle_init() override {
    // A test must not hang when its event never comes.
    every(20s, Callback<void()>::to<&Recorder::on_late>(*this));
    return record->init;
  }
  Start start() override { return record->start; }
  void handle_recv(std::string_view topic, const Value& message) override {
    record->topics.emplace_back(topic);
    const Value* seq = message.find("seq");
    if (!seq) return;
    record->seqs.push_back(*seq->as_int());
    if (record->stop_at == *seq->as_int() && *message.find("boot") == Value(record->stop_boot)) {
      stop(record->stop_status);
    }
    if (record->call_at == *seq->as_int()) (void)call("list");
  }
  void handle_batch_end() override { ++record->batches; }
  void handle_stop() override { ++record->stops; }

 private:
  void on_late() { stop(99); }
};

constexpr PluginRow recorder = {"recorder", "", {}, [](Services& services, const Config&) {
                                  return std::unique_ptr<Plugin>(std::make_unique<Recorder>(services));
                                }};

Numbers range(std::int64_t first, std::int64_t last) {
  Numbers numbers(static_cast<std::size_t>(last - first + 1));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

int run(FakeArbiter& arbiter, Record& what, const PluginRow& row = recorder) {
  record = &what;
  REQUIRE(log::open({.output = "/dev/null"}));
  auto host = Host::open(arbiter.context(), arbiter.endpoint(), arbiter.pubsub());
  REQUIRE(host);
  const int status = (*host)->run(row, *Config::parse("", {}));
  REQUIRE(log::open({}));
  return status;
}

}  // namespace

TEST_CASE("a plugin that starts now gets every event from the first it hears on") {
  FakeArbiter arbiter;
  arbiter.lose(5);
  arbiter.run([](FakeArbiter& a) {
    for (int i = 0; i < 300; ++i) a.publish();
  });
  Record seen{.stop_at = 305};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(6, 305));
  CHECK(seen.topics.front() == "watcher.web.spawn");
  CHECK(seen.stops == 1);
  CHECK(seen.batches >= 1);
}

TEST_CASE("what the bus loses is fetched before what comes later") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.lose(3);
    a.publish();
    a.lose(2500);  // more than one page
    a.publish();
    a.publish();
  });
  Record seen{.stop_at = 2507};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(1, 2507));
}

TEST_CASE("the loss of a burst's end is seen by the mark") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.lose(20);
    a.mark();
  });
  Record seen{.stop_at = 21};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(1, 21));
}

TEST_CASE("the loss of a burst's end and of the mark behind it is seen by the silence") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.lose(3);
  });
  Record seen{.stop_at = 4};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(1, 4));
}

TEST_CASE("a plugin that wants the oldest gets all that the daemon has, each once") {
  FakeArbiter arbiter;
  arbiter.lose(1500);
  arbiter.oldest = 11;
  arbiter.run([](FakeArbiter& a) {
    for (int i = 0; i < 10; ++i) a.publish();
  });
  Record seen{.start = {.from = Start::From::oldest}, .stop_at = 1510};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(11, 1510));
}

TEST_CASE("a plugin that goes on after an event gets the next one, also when nothing new comes") {
  FakeArbiter arbiter;
  arbiter.lose(50);
  arbiter.run([](FakeArbiter&) {});
  Record seen{.start = {.from = Start::From::after, .seq = 42, .boot = "b1"}, .stop_at = 50};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(43, 50));
}

TEST_CASE("of a daemon that was started anew everything is wanted") {
  FakeArbiter arbiter;
  arbiter.boot = "b2";
  arbiter.lose(5);
  arbiter.run([](FakeArbiter& a) {
    a.serve(1);
    a.publish();
  });
  Record seen{
      .start = {.from = Start::From::after, .seq = 42, .boot = "b1"}, .stop_at = 6, .stop_boot = "b2"};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(1, 6));
}

TEST_CASE("a daemon that is started anew meanwhile is noticed, its first events are fetched") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    for (int i = 0; i < 3; ++i) a.publish();
    a.restart("b2");
    a.lose(4);
    a.publish();
  });
  Record seen{.stop_at = 5, .stop_boot = "b2"};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == Numbers{1, 2, 3, 1, 2, 3, 4, 5});
}

TEST_CASE("what the daemon has no more is left out and the rest goes on") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.lose(10);
    a.oldest = 8;
    a.publish();
  });
  Record seen{.stop_at = 12};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == Numbers{1, 8, 9, 10, 11, 12});
}

TEST_CASE("events of a plain Circus, which have no number, pass; what is no event is left out") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.send_raw("watcher.web.spawn", R"({"process_pid": 1, "time": 1.5})");
    a.send_raw("watcher.web.broken", "{");
    a.send_raw("watcher.web.list", "[1]");
    a.send_raw("watcher.web.stop", R"({"time": 2.5})");
    a.publish();
  });
  Record seen{.stop_at = 1};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.topics ==
        std::vector<std::string>{"watcher.web.spawn", "watcher.web.stop", "watcher.web.spawn"});
}

TEST_CASE("SIGTERM and SIGINT end a plugin in order, with status 0") {
  for (int signum : {SIGTERM, SIGINT}) {
    FakeArbiter arbiter;
    arbiter.run([signum](FakeArbiter& a) {
      a.publish();
      kill(getpid(), signum);
    });
    Record seen{};
    CHECK(run(arbiter, seen) == 0);
    CHECK(seen.stops == 1);
  }
}

TEST_CASE("a plugin that is told to end is handed what was published before, also what the bus lost") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.serve(1);  // the plugin is there, and calls
    a.lose(1500);
    a.publish();
    a.lose(1000);
    kill(getpid(), SIGTERM);
  });
  Record seen{.call_at = 1};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(1, 2502));
  CHECK(seen.stops == 1);
}

TEST_CASE("a plugin that starts now and hears nothing is handed at its end what came since") {
  FakeArbiter arbiter;
  arbiter.lose(5);
  arbiter.run([](FakeArbiter& a) {
    a.serve_beginning();
    a.lose(3);
    kill(getpid(), SIGTERM);
  });
  Record seen{};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == range(6, 8));
}

TEST_CASE("a plugin that is told to end while the daemon says nothing ends all the same") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.serve(1);
    a.silent = 1000;
    kill(getpid(), SIGTERM);
  });
  Record seen{.call_at = 1};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.stops == 1);
}

TEST_CASE("a plugin that ends itself while it is handed the last events gets no more, and has its status") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.serve(1);
    a.lose(1500);
    kill(getpid(), SIGTERM);
  });
  Record seen{.stop_at = 700, .stop_status = 5, .call_at = 1};
  CHECK(run(arbiter, seen) == 5);
  CHECK(seen.seqs == range(1, 700));
  CHECK(seen.stops == 1);
}

TEST_CASE("a daemon that refuses to give what is missing does not make a plugin deaf") {
  FakeArbiter arbiter;
  arbiter.refuses = true;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.lose(3);
    a.publish();
    a.serve(2);
    a.publish();
  });
  Record seen{.stop_at = 6};
  CHECK(run(arbiter, seen) == 0);
  CHECK(seen.seqs == Numbers{1, 5, 6});
}

TEST_CASE("a plugin that cannot begin ends with status 1, without a stop") {
  FakeArbiter arbiter;
  Record seen{.init = make_error(Code::invalid, "no file")};
  CHECK(run(arbiter, seen) == 1);
  CHECK(seen.stops == 0);
}

TEST_CASE("a plugin calls, casts and has timers") {
  class Caller : public Plugin {
   public:
    using Plugin::Plugin;
    Result<void> handle_init() override {
      every(2ms, Callback<void()>::to<&Caller::on_turn>(*this));
      return {};
    }
    void handle_recv(std::string_view, const Value&) override {
      cast("stop", Value::Object{{"name", "web"}});
      const auto reply = call("list");
      record->calls = reply ? json::write(*reply->find("asked")) : reply.error().text;
      const auto late = call("list", Value::object(), 1ms);
      if (!late) record->calls += " then " + late.error().text.substr(0, 14);
      const auto again = call("status");  // the answer to the late one must not be taken for this one's
      if (again) record->calls += " then " + json::write(*again->find("asked"));
      called_ = true;
    }

   private:
    void on_turn() {
      if (++record->turns >= 3 && called_) stop(7);
    }
    bool called_ = false;
  };
  constexpr PluginRow caller = {"caller", "", {}, [](Services& services, const Config&) {
                                  return std::unique_ptr<Plugin>(std::make_unique<Caller>(services));
                                }};
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.publish();
    a.serve(2);
    a.silent = 1;
  });
  Record seen{};
  CHECK(run(arbiter, seen, caller) == 7);
  CHECK(seen.calls == "\"list\" then no answer from then \"status\"");
  CHECK(seen.turns >= 3);
}
