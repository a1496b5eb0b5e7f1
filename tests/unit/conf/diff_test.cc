#include "lib/conf/diff.h"

#include <doctest/doctest.h>

#include "tests/unit/conf/loaded.h"

using namespace troupe;
using namespace troupe::conf;

namespace {

using Words = std::vector<std::string>;
using Kind = Change::Kind;

Plan plan_of(const std::string& before, const std::string& after, const std::string& root = "[troupe]\n") {
  const Loaded old = load_text(root + before);
  const Loaded now = load_text(root + after);
  REQUIRE_FALSE(old.has_errors());
  REQUIRE_FALSE(now.has_errors());
  return diff(old.config, now.config);
}

/// The plan that touches one watcher.
Plan one(Change change) {
  Plan plan;
  plan.watchers.push_back(std::move(change));
  return plan;
}

}  // namespace

TEST_CASE("the same text, moved about and with comments, is no change") {
  const Plan plan = plan_of("[watcher:a]\ncmd = x\n[watcher:b]\ncmd = y\npriority = 0\n",
                            "\n# new\n[watcher:b]\ncmd = y\n\n[watcher:a]\ncmd = x\nnumprocesses = 1\n");
  CHECK(plan == Plan());
  CHECK(plan.is_empty());
}

TEST_CASE("watchers that come and go are added and removed") {
  Plan expected;
  expected.watchers = {{Kind::removed, "b", {}, {}}, {Kind::added, "c", {}, {}}};
  CHECK(plan_of("[watcher:a]\ncmd = x\n[watcher:b]\ncmd = x\n",
                "[watcher:a]\ncmd = x\n[watcher:c]\ncmd = x\n") == expected);
}

TEST_CASE("only another number of processes is adjusted in place") {
  CHECK(plan_of("[watcher:a]\ncmd = x\n", "[watcher:a]\ncmd = x\nnumprocesses = 3\n") ==
        one({Kind::resized, "a", {"numprocesses"}, {}, Apply::live}));
  CHECK(plan_of("[watcher:a]\ncmd = x\n", "[watcher:a]\ncmd = y\nnumprocesses = 3\n") ==
        one({Kind::changed, "a", {"cmd", "numprocesses"}, {}, Apply::respawn}));
}

TEST_CASE("keys that only one file has count, free options too") {
  CHECK(plan_of("[watcher:a]\ncmd = x\nmax_age = 5\nrlimit_core = 0\n",
                "[watcher:a]\ncmd = x\nteam = blue\n") ==
        one({Kind::changed, "a", {"max_age", "rlimit_core", "team"}, {}, Apply::fixed}));
}

TEST_CASE("what set could do at once is told as such") {
  CHECK(plan_of("[watcher:a]\ncmd = x\n",
                "[watcher:a]\ncmd = x\ngraceful_timeout = 2\nhooks.after_stop = a.b\n") ==
        one({Kind::changed, "a", {"graceful_timeout", "hooks.after_stop"}, {}, Apply::live}));
  CHECK(plan_of("[watcher:a]\ncmd = x\n", "[watcher:a]\ncmd = x\non_demand = 1\n") ==
        one({Kind::changed, "a", {"on_demand"}, {}, Apply::fixed}));
}

TEST_CASE("a stream that was there and stays is changed at once, and another needs new processes") {
  const std::string plain = "[watcher:a]\ncmd = x\n", logged = plain + "stdout_stream.filename = f\n";
  CHECK(plan_of(logged, logged + "stdout_stream.max_bytes = 5\n") ==
        one({Kind::changed, "a", {"stdout_stream.max_bytes"}, {}, Apply::live}));
  CHECK(plan_of(plain, logged) == one({Kind::changed, "a", {"stdout_stream.filename"}, {}, Apply::respawn}));
  CHECK(plan_of(logged, plain) == one({Kind::changed, "a", {"stdout_stream.filename"}, {}, Apply::respawn}));
}

TEST_CASE("a variable of [env] changes the watchers that have it") {
  const std::string watchers = "[watcher:a]\ncmd = x\n[watcher:b]\ncmd = x\n";
  CHECK(plan_of(watchers + "[env:a]\nA = 1\nB = 1\n", watchers + "[env:a]\nA = 2\n") ==
        one({Kind::changed, "a", {"env.A", "env.B"}, {}, Apply::respawn}));
  CHECK(plan_of(watchers + "[env]\nA = 1\n", watchers + "[env]\nA = 2\n").watchers.size() == 2);
}

TEST_CASE("watchers are acted on by priority, then by name, after those that go") {
  const Plan plan = plan_of(
      "[watcher:z]\ncmd = x\n[watcher:a]\ncmd = x\n[watcher:b]\ncmd = x\npriority = 1\n[watcher:gone]\ncmd = "
      "x\n",
      "[watcher:z]\ncmd = y\npriority = 9\n[watcher:a]\ncmd = y\n[watcher:b]\ncmd = y\npriority = 1\n"
      "[watcher:new]\ncmd = x\n");
  Words order;
  for (const Change& change : plan.watchers) order.push_back(change.name);
  CHECK(order == Words{"gone", "z", "b", "a", "new"});
}

TEST_CASE("a name in other letters is the same watcher, with another name") {
  CHECK(plan_of("[watcher:web]\ncmd = x\n", "[watcher:Web]\ncmd = x\n") ==
        one({Kind::changed, "Web", {"name"}, {}, Apply::fixed}));
}

TEST_CASE("plugins are compared like watchers, with their own keys") {
  CHECK(plan_of("[plugin:log]\nuse = logger\nfile = a\n", "[plugin:log]\nuse = logger\nfile = b\n") ==
        one({Kind::changed, "plugin:log", {"file"}, {}, Apply::fixed}));
}

TEST_CASE("a key of a plugin that its watcher could not read counts all the same") {
  CHECK(plan_of("[plugin:log]\nuse = logger\nmax_age = never\n",
                "[plugin:log]\nuse = logger\nmax_age = seldom\n",
                "[circus]\n") == one({Kind::changed, "plugin:log", {"max_age"}, {}, Apply::fixed}));
}

TEST_CASE("sockets come first, and the watchers that use a touched one are changed with it") {
  const std::string users =
      "[watcher:w]\ncmd = x $(circus.sockets.s)\nuse_sockets = 1\n[watcher:v]\ncmd = x\n";
  const Plan plan = plan_of(users + "[socket:s]\nport = 1\n[socket:old]\nport = 2\n",
                            users + "[socket:S]\nport = 3\n[socket:new]\npath = p\n");
  Plan expected;
  expected.sockets = {
      {Kind::removed, "old", {}, {}}, {Kind::added, "new", {}, {}}, {Kind::changed, "s", {"port"}, {}}};
  expected.watchers = {{Kind::changed, "w", {}, {"s"}, Apply::fixed}};
  CHECK(plan == expected);
}

TEST_CASE("a watcher that takes whatever sockets there are is changed with each of them") {
  const std::string user = "[watcher:w]\ncmd = x\nuse_sockets = 1\n";
  const std::string kept = "[socket:kept]\nport = 1\n";
  const Plan plan =
      plan_of(user + kept + "[socket:old]\nport = 2\n", user + kept + "[socket:new]\nport = 3\n");
  CHECK(plan.watchers == std::vector<Change>{{Kind::changed, "w", {}, {"new", "old"}, Apply::fixed}});
  CHECK(plan_of(user + kept, user + kept).is_empty());
}

TEST_CASE("the root section: some options take effect now, others need a new start") {
  const Plan plan =
      plan_of("debug = 0\n",
              "debug = 1\nwarmup_delay = 2\nendpoint = ipc:///tmp/e\ninclude_dir =\nmax_message = 9M\n");
  CHECK(plan.root == Words{"debug", "warmup_delay"});
  CHECK(plan.restarts == Words{"endpoint", "max_message"});
  CHECK(plan.watchers.empty());
  const Config circus = load_text("[circus]\n").config;
  const Config troupe = load_text("[troupe]\n").config;
  const auto restarts = diff(circus, troupe).restarts;
  CHECK(restarts == Words{"dialect", "endpoint", "multicast_endpoint", "pubsub_endpoint"});
}

TEST_CASE("a watcher that could not run and now can is changed") {
  const std::string socket = "[socket:s]\nport = 1\n";
  const std::string watcher = "[watcher:a]\ncmd = x\nstdin_socket = s\n";
  const Plan plan = plan_of(watcher, socket + watcher, "[circus]\n");
  REQUIRE(plan.watchers.size() == 1);
  CHECK(plan.watchers[0].options == Words{"error"});
  CHECK(plan.watchers[0].sockets == Words{"s"});
}

TEST_CASE("a plan is shown by what happens to whom") {
  const Plan plan =
      plan_of("[watcher:a]\ncmd = x\n[watcher:b]\ncmd = x\n[watcher:c]\ncmd = x\n",
              "[watcher:a]\ncmd = y\n[watcher:b]\ncmd = x\nnumprocesses = 2\n[watcher:d]\ncmd = x\n");
  CHECK(shown_plan(plan) ==
        Value::object()
            .set("root", Value::array())
            .set("restarts", Value::array())
            .set("sockets", Value::object()
                                .set("added", Value::array())
                                .set("removed", Value::array())
                                .set("changed", Value::object()))
            .set("watchers", Value::object()
                                 .set("added", Value::array().push("d"))
                                 .set("removed", Value::array().push("c"))
                                 .set("changed", Value::object().set("a", Value::array().push("cmd")))
                                 .set("resized", Value::array().push("b"))));
}
