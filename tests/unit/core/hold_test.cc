#include <algorithm>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

TEST_CASE("a held watcher keeps what runs and starts nothing") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  bench.hold(web, {.by = "flapping", .reason = "5 exits in 10 s"});
  bench.exit(101, 1);
  CHECK(bench.heard() == Lines{"web hold", "web reap 101 1"});
  bench.run_for(600s);
  CHECK(bench.pids(web) == std::vector{102});
  CHECK(bench.timers().empty());
  bench.unhold(web, 0, "flapping");
  bench.settle();
  CHECK(bench.heard() == Lines{"web unhold", "web spawn 103"});
}

TEST_CASE("a hold with a time ends by itself") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  bench.hold(web, {.by = "flapping", .until = bench.now + 60s});
  bench.exit(101, 1);
  bench.heard();
  bench.run_for(59s);
  CHECK(bench.heard().empty());
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web unhold", "web spawn 102"});
  CHECK(bench.timers().empty());
}

TEST_CASE("a hold whose time is over already holds nothing") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  bench.hold(web, {.by = "flapping", .until = bench.now - 1s});
  CHECK(bench.heard() == Lines{"web hold", "web unhold"});
  CHECK(bench.watcher(web).holds().empty());
  bench.exit(101, 1);
  CHECK(bench.pids(web).size() == 1);
}

TEST_CASE("a hold that ends by its time leaves others of the same holder's name and wid alone") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  bench.hold(web, {.wid = 1, .by = "a", .until = bench.now + 1s});
  bench.hold(web, {.wid = 2, .by = "a"});
  bench.hold(web, {.wid = 1, .by = ""});
  bench.run_for(2s);
  CHECK(bench.watcher(web).holds().size() == 2);
}

TEST_CASE("a hold of one wid keeps only that place empty") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 3));
  bench.hold(web, {.wid = 2, .by = "flapping"});
  for (const int pid : {101, 102, 103}) bench.exit(pid, 1);
  CHECK(bench.wids(web) == std::vector{1, 3});
  bench.unhold(web, 2, "flapping");
  bench.settle();
  CHECK(bench.wids(web) == std::vector{1, 2, 3});
}

TEST_CASE("two holders: the watcher is free when both are gone") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  bench.hold(web, {.by = "a"});
  bench.hold(web, {.by = "b"});
  bench.hold(web, {.by = "b", .reason = "again"});
  CHECK(bench.watcher(web).holds().size() == 2);
  bench.exit(101, 1);
  bench.unhold(web, 0, "a");
  bench.settle();
  CHECK(bench.pids(web).empty());
  bench.unhold(web, 0, "nobody");
  bench.settle();
  CHECK(bench.pids(web).empty());
  bench.unhold(web, 0, "b");
  bench.settle();
  CHECK(bench.pids(web).size() == 1);
}

TEST_CASE("unhold by nobody in particular ends the holds of all") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  bench.hold(web, {.by = "a"});
  bench.hold(web, {.by = "b"});
  bench.unhold(web, 0, "");
  CHECK(bench.watcher(web).holds().empty());
}

TEST_CASE("a start, restart or reload ends all holds and says so") {
  for (const Kind kind : {Kind::start, Kind::restart, Kind::reload}) {
    Bench bench;
    const WatcherId web = bench.add_started(Bench::config("web"));
    bench.hold(web, {.by = "flapping"});
    bench.exit(101, 1);
    bench.heard();
    bench.run(web, kind);
    bench.settle();
    CHECK(bench.watcher(web).holds().empty());
    CHECK(bench.pids(web).size() == 1);
    const Lines heard = bench.heard();
    CHECK(std::count(heard.begin(), heard.end(), "web unhold") == 1);
  }
}

TEST_CASE("a hold during a start: what is queued is not started, and the start is answered") {
  Bench bench;
  auto config = Bench::config("web", 3);
  config.warmup_delay = 1s;
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  bench.run_for(1500ms);
  bench.hold(web, {.by = "check"});
  bench.run_for(600s);
  CHECK(bench.result(start) == started({101, 102}));
  CHECK(bench.pids(web).size() == 2);
  CHECK(bench.timers().empty());
  bench.unhold(web, 0, "check");
  bench.run_for(1s);
  CHECK(bench.pids(web).size() == 3);
}

TEST_CASE("a hold of a wid that is in the queue already counts") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  bench.kill(web, {.pids = {102}, .signum = SIGKILL, .grace = {}});
  while (!bench.world.wants_spawn()) bench.turn();
  bench.hold(web, {.wid = 2, .by = "flapping"});
  bench.settle();
  CHECK(bench.wids(web) == std::vector{1});
  bench.unhold(web, 2, "flapping");
  bench.settle();
  CHECK(bench.wids(web) == std::vector{1, 2});
}

TEST_CASE("a hold during a graceful reload: the old processes stay") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  const Ticket reload = bench.reload(web);
  bench.hold(web, {.by = "check", .reason = "disk full"});
  bench.settle();
  CHECK(bench.error(reload) == "reload of web: held by check: disk full; the old processes go on");
  CHECK(bench.pids(web) == std::vector{101, 102});
  CHECK(bench.heard() == Lines{"web hold"});
}

TEST_CASE("a hold during a sequential reload: those not yet replaced go on") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 3, "slow"));
  const Ticket reload = bench.reload_sequential(web);
  bench.hold(web, {.by = "check"});
  bench.run_for(60s);
  CHECK(bench.error(reload) == "reload of web: held by check; the processes not yet replaced go on");
  CHECK(bench.pids(web) == std::vector{102, 103});
  bench.unhold(web, 0, "check");
  bench.settle();
  CHECK(bench.pids(web).size() == 3);
}

TEST_CASE("fewer processes under a hold: who waits hears when they are gone") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 3, "slow"));
  bench.hold(web, {.by = "check"});
  const Ticket less = bench.resize(web, 1);
  bench.settle();
  CHECK_FALSE(bench.answered(less));
  bench.run_for(1s);
  CHECK(bench.answered(less));
}
