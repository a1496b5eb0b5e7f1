#include <cerrno>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

TEST_CASE("one process more is one spawn, and the answer has the number") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  const Ticket more = bench.resize(web, 3);
  bench.settle();
  CHECK(bench.heard() == Lines{"web spawn 103"});
  CHECK(bench.result(more) == Value::object().set("numprocesses", 3));
}

TEST_CASE("one process less stops the oldest") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  bench.run_for(1s);
  bench.exit(101);
  bench.heard();
  const Ticket less = bench.resize(web, 1);
  bench.settle();
  CHECK(bench.heard() == Lines{"web kill 102", "web reap 102 -15"});
  CHECK(bench.pids(web) == std::vector{103});
  CHECK(bench.answered(less));
}

TEST_CASE("who waits for fewer processes hears when they are gone") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 2s};
  const WatcherId web = bench.add_started(Bench::config("web", 4, "slow"));
  const Ticket less = bench.resize(web, 1);
  bench.run_for(1s);
  CHECK_FALSE(bench.answered(less));
  bench.run_for(1s);
  CHECK(bench.answered(less));
  CHECK(bench.pids(web) == std::vector{104});
}

TEST_CASE("of surplus processes, one that waits for its next life goes before one that runs") {
  Bench bench;
  auto config = Bench::config("web", 2);
  config.restart_delay = 60s;
  const WatcherId web = bench.add_started(config);
  bench.exit(102, 1);
  bench.heard();
  bench.resize(web, 1);
  bench.settle();
  CHECK(bench.heard().empty());
  CHECK(bench.pids(web) == std::vector{101});
  CHECK(bench.timers().empty());
}

TEST_CASE("fewer, then more at once: new processes wait until the surplus is gone") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 2s};
  const WatcherId web = bench.add_started(Bench::config("web", 4, "slow"));
  bench.resize(web, 1);
  bench.resize(web, 4);
  for (int i = 0; i < 50; ++i) {
    bench.run_for(100ms);
    CHECK(bench.alive() <= 4);
  }
  CHECK(bench.pids(web).size() == 4);
}

TEST_CASE("numprocesses of a stopped watcher counts from its next start on") {
  Bench bench;
  const WatcherId web = bench.add(Bench::config("web", 1));
  CHECK(bench.answered(bench.resize(web, 3)));
  CHECK(bench.heard().empty());
  bench.start(web);
  bench.settle();
  CHECK(bench.pids(web).size() == 3);
}

TEST_CASE("fewer processes during a start are fewer spawns") {
  Bench bench;
  auto config = Bench::config("web", 10);
  config.warmup_delay = 1s;
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  bench.run_for(1500ms);
  const Ticket less = bench.resize(web, 2);
  bench.settle();
  CHECK(bench.result(start) == started({101, 102}));
  CHECK(bench.answered(less));
  CHECK(bench.timers().empty());
}

TEST_CASE("a start that can never succeed does not hold up a smaller numprocesses") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  auto config = Bench::config("web", 2, "missing");
  config.max_retry = -1;
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  bench.run_for(60s);
  CHECK_FALSE(bench.answered(start));
  const Ticket none = bench.resize(web, 0);
  bench.settle();
  CHECK(bench.answered(none));
  CHECK(bench.answered(start));
  CHECK(bench.timers().empty());
}

TEST_CASE("an option that has nothing to do with numbers does not bring back what exited for good") {
  Bench bench;
  auto config = Bench::config("once", 3);
  config.respawn = false;
  const WatcherId once = bench.add_started(config);
  bench.exit(102);
  bench.resize(once, 3);
  bench.settle();
  CHECK(bench.pids(once) == std::vector{101, 103});
  bench.resize(once, 4);
  bench.settle();
  CHECK(bench.pids(once) == std::vector{101, 103, 104});
  bench.resize(once, 2);
  bench.settle();
  CHECK(bench.pids(once) == std::vector{103, 104});
  bench.start(once);
  bench.settle();
  CHECK(bench.pids(once) == std::vector{103, 104});
}

TEST_CASE("a kill is the stop procedure for a process that is then replaced") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  const Ticket kill = bench.kill(web, {.pids = {102}, .signum = {}, .grace = {}});
  bench.settle();
  CHECK(bench.heard() == Lines{"web kill 102", "web reap 102 -15", "web spawn 103"});
  CHECK(bench.error(kill) == "");
  CHECK(bench.timers().empty());
}

TEST_CASE("a kill without a pid is for all processes, with its own signal and time") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  const WatcherId web = bench.add_started(Bench::config("web", 2, "stubborn"));
  const Ticket kill = bench.kill(web, {.pids = {}, .signum = SIGUSR1, .grace = 1s});
  CHECK(bench.process(101)->signals == std::vector{SIGUSR1});
  bench.run_for(999ms);
  CHECK_FALSE(bench.answered(kill));
  bench.run_for(1ms);
  CHECK(bench.answered(kill));
  CHECK(bench.heard() == Lines{"web kill 101", "web kill 102", "web kill 101", "web reap 101 -9",
                               "web spawn 103", "web kill 102", "web reap 102 -9", "web spawn 104"});
}

TEST_CASE("a kill of a pid that is not the watcher's does nothing and is answered") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  CHECK(bench.error(bench.kill(web, {.pids = {4711}, .signum = {}, .grace = {}})) == "");
  CHECK(bench.heard().empty());
}

TEST_CASE("a kill works beside an operation and does not wait for it") {
  Bench bench;
  auto config = Bench::config("web", 3);
  config.warmup_delay = 10s;
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  bench.run_for(1s);
  const Ticket kill = bench.kill(web);
  bench.settle();
  CHECK(bench.answered(kill));
  CHECK_FALSE(bench.answered(start));
  bench.run_for(60s);
  CHECK(bench.answered(start));
  CHECK(bench.pids(web).size() == 3);
}

TEST_CASE("a SIGKILL during a slow stop goes out at once") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "stubborn"));
  const Ticket stop = bench.stop(web);
  bench.run_for(1s);
  const Ticket kill = bench.kill(web, {.pids = {}, .signum = SIGKILL, .grace = {}});
  bench.settle();
  CHECK(bench.answered(kill));
  CHECK(bench.answered(stop));
  CHECK(bench.heard() == Lines{"web kill 101", "web kill 101", "web reap 101 -9", "web stop"});
}

TEST_CASE("a shorter time during a stop shortens it, a longer one does not lengthen it") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  const WatcherId web = bench.add_started(Bench::config("web", 2, "stubborn"));
  bench.stop(web);
  bench.kill(web, {.pids = {101}, .signum = {}, .grace = 2s});
  bench.kill(web, {.pids = {102}, .signum = {}, .grace = 90s});
  CHECK(bench.heard() == Lines{"web kill 101", "web kill 102"});
  bench.run_for(2s);
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -9"});
  bench.run_for(28s);
  CHECK(bench.heard() == Lines{"web kill 102", "web reap 102 -9", "web stop"});
}
