#include "ctl/one_shot.h"

#include <doctest/doctest.h>

#include <deque>
#include <vector>

#include "ctl/cli.h"
#include "lib/json/reader.h"

using namespace troupe;
using namespace troupe::ctl;

namespace {

/// Answers with what the test says, in order, and remembers what it was asked.
class FakeDaemon : public Daemon {
 public:
  struct Asked {
    std::string command;
    Value properties;
    Duration timeout;
  };

  Result<Value> call(std::string_view command, const Value& properties, Duration timeout) override {
    asked.push_back({std::string(command), properties, timeout});
    if (replies.empty()) return make_error(Code::timed_out, "no answer from here within 5 s");
    const std::string text = replies.front();
    replies.pop_front();
    return json::parse(text);
  }

  std::deque<std::string> replies;
  std::vector<Asked> asked;
};

Outcome run(FakeDaemon& daemon, const std::vector<std::string>& words) {
  const auto invocation = read_command_line(words);
  REQUIRE(invocation);
  const auto properties = pack(*invocation->verb, invocation->typed);
  REQUIRE(properties);
  return one_shot(*invocation, *properties, daemon, {});
}

}  // namespace

TEST_CASE("a verb asks once and prints the reply") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status": "ok", "time": 1.5, "numprocesses": 4, "id": "x"})"};
  const Outcome outcome = run(daemon, {"incr", "web", "2", "--wait"});
  CHECK(outcome.exit == Exit::good);
  CHECK(outcome.out == "4\n");
  CHECK(outcome.err.empty());
  REQUIRE(daemon.asked.size() == 1);
  CHECK(daemon.asked[0].command == "incr");
  CHECK(*daemon.asked[0].properties.find("waiting")->as_bool());
}

TEST_CASE("whoever waits for work to end has more patience, and --timeout counts for all") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status": "ok"})", R"({"status": "ok"})", R"({"status": "ok"})"};
  run(daemon, {"stop", "web"});
  run(daemon, {"stop", "web", "--waiting"});
  run(daemon, {"stop", "web", "--waiting", "--timeout", "0.5"});
  CHECK(daemon.asked[0].timeout == 5s);
  CHECK(daemon.asked[1].timeout == 300s);
  CHECK(daemon.asked[2].timeout == 500ms);
  CHECK(patience(*read_command_line({"list", "--timeout", "1e300"})) > 1h);
}

TEST_CASE("an error of the daemon leaves with 3 and its reason") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status": "error", "reason": "'nope' option not found", "tb": null, "errno": 3})"};
  const Outcome outcome = run(daemon, {"get", "web", "nope"});
  CHECK(outcome.exit == Exit::refused);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "'nope' option not found");
}

TEST_CASE("a start that was waited for and failed leaves with 3 and the reason, though the reply says ok") {
  FakeDaemon daemon;
  daemon.replies = {
      R"({"status": "ok", "info": {"started": [], "kept": [], "error": "exec nosuch: not here"}})"};
  const Outcome outcome = run(daemon, {"start", "web", "--waiting"});
  CHECK(outcome.exit == Exit::refused);
  CHECK(outcome.err == "web: exec nosuch: not here");
  CHECK(outcome.out.empty());
}

TEST_CASE("an unknown watcher is answered with the nearest name there is") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status": "error", "reason": "program Wbe not found", "errno": 3})",
                    R"({"status": "ok", "watchers": ["db", "web"]})"};
  const Outcome outcome = run(daemon, {"stop", "Wbe"});
  CHECK(outcome.exit == Exit::refused);
  CHECK(outcome.err == "no watcher named Wbe; did you mean web?");
  CHECK(daemon.asked[1].command == "list");
}

TEST_CASE("an unknown watcher that is like none, or with no list to be had, has no suggestion") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status": "error", "reason": "program xyz not found", "errno": 3})",
                    R"({"status": "ok", "watchers": ["db", 7]})"};
  CHECK(run(daemon, {"stop", "xyz"}).err == "no watcher named xyz");
  daemon.replies = {R"({"status": "error", "reason": "program xyz not found", "errno": 3})"};
  CHECK(run(daemon, {"stop", "xyz"}).err == "no watcher named xyz");
}

TEST_CASE("an option that get did not find is answered with the nearest there is") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status": "error", "reason": "'gracefultimeout' option not found", "errno": 3})"};
  const Outcome outcome = run(daemon, {"get", "web", "cmd", "gracefultimeout"});
  CHECK(outcome.exit == Exit::refused);
  CHECK(outcome.err == "'gracefultimeout' option not found; did you mean graceful_timeout?");
  daemon.replies = {R"({"status": "error", "reason": "'qqqqqqqq' option not found", "errno": 3})"};
  CHECK(run(daemon, {"get", "web", "qqqqqqqq"}).err == "'qqqqqqqq' option not found");
}

TEST_CASE("with --json the whole reply is printed and the exit status still tells an error") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status":"error","reason":"program x not found","tb":null,"errno":3,"id":"i"})"};
  const Outcome outcome = run(daemon, {"--json", "status", "x"});
  CHECK(outcome.exit == Exit::refused);
  CHECK(outcome.out == R"({"status":"error","reason":"program x not found","tb":null,"errno":3,"id":"i"})"
                       "\n");
  CHECK(daemon.asked.size() == 1);
}

TEST_CASE("status of a stopped watcher leaves with 3 and says so") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status": "stopped", "time": 1.0})", R"({"status": "active", "time": 1.0})"};
  const Outcome stopped = run(daemon, {"status", "web"});
  CHECK(stopped.exit == Exit::refused);
  CHECK(stopped.out == "stopped\n");
  CHECK(run(daemon, {"status", "web"}).exit == Exit::good);
}

TEST_CASE("no answer is trouble of this side") {
  FakeDaemon daemon;
  const Outcome outcome = run(daemon, {"list"});
  CHECK(outcome.exit == Exit::client);
  CHECK(outcome.err == "no answer from here within 5 s");
}

TEST_CASE("events are read to the end of the ring, page by page") {
  FakeDaemon daemon;
  daemon.replies = {
      R"({"status":"ok","events":[{"topic":"a","time":1.0,"seq":1}],"next":1,"last":2,"oldest":1,"boot":"b"})",
      R"({"status":"ok","events":[{"topic":"b","time":1.0,"seq":2}],"next":2,"last":2,"oldest":1,"boot":"b"})"};
  const Outcome outcome = run(daemon, {"events"});
  CHECK(outcome.exit == Exit::good);
  CHECK(outcome.out.find("  a\n") != std::string::npos);
  CHECK(outcome.out.find("  b\n") != std::string::npos);
  REQUIRE(daemon.asked.size() == 2);
  CHECK(*daemon.asked[1].properties.find("since")->as_int() == 1);
}

TEST_CASE("a number beyond the last event is told") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status": "ok", "events": [], "next": 99, "oldest": 1, "last": 7})"};
  const Outcome outcome = run(daemon, {"events", "--since", "99"});
  CHECK(outcome.exit == Exit::good);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "there is no event after 99 yet: the last one is 7");
}

TEST_CASE("a limit of events is kept, and a ring that always has more does not loop on nothing") {
  FakeDaemon daemon;
  daemon.replies = {R"({"status":"ok","events":[{"topic":"a","seq":1}],"next":1,"last":9})"};
  run(daemon, {"events", "--limit", "1"});
  CHECK(daemon.asked.size() == 1);
  daemon.replies = {R"({"status":"ok","events":[],"next":1,"last":9})"};
  run(daemon, {"events"});
  CHECK(daemon.asked.size() == 3);  // an empty page is no end, one that gets no further is
}

TEST_CASE("work that was waited for in vain goes on when the daemon answers another question") {
  FakeDaemon taken;
  taken.replies = {};
  const Outcome unknown = run(taken, {"stop", "web", "--wait"});
  CHECK(unknown.exit == Exit::client);
  CHECK(unknown.err == "no answer from here within 5 s");
  CHECK(taken.asked.size() == 2);
  CHECK(taken.asked[1].command == "numwatchers");
  FakeDaemon other;
  CHECK(run(other, {"stop", "web"}).err == "no answer from here within 5 s");
  CHECK(other.asked.size() == 1);
}
