#include <set>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

TEST_CASE("a process that exits by itself is reaped and replaced at once") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("exits"));
  bench.run_for(1s);
  bench.exit(101, 3);
  CHECK(bench.heard() == Lines{"exits reap 101 3", "exits spawn 102"});
  CHECK(bench.pids(web) == std::vector{102});
  CHECK(bench.timers().empty());
}

TEST_CASE("respawn = false: the last exit stops the watcher") {
  Bench bench;
  auto config = Bench::config("exits-once", 2);
  config.respawn = false;
  const WatcherId once = bench.add_started(config);
  bench.exit(101, 4);
  CHECK(bench.heard() == Lines{"exits-once reap 101 4"});
  CHECK(bench.watcher(once).state() == State::active);
  bench.exit(102, 4);
  CHECK(bench.heard() == Lines{"exits-once reap 102 4", "exits-once stop"});
  CHECK(bench.watcher(once).state() == State::stopped);
  CHECK_FALSE(bench.watcher(once).wanted());
  bench.start(once);
  bench.settle();
  CHECK(bench.pids(once).size() == 2);
}

TEST_CASE("respawn = false: a process that is gone before the last one started") {
  Bench bench;
  bench.programs["short"] = {.lives = 500ms};
  auto config = Bench::config("once", 3, "short");
  config.respawn = false;
  config.warmup_delay = 1s;
  const WatcherId once = bench.add(config);
  const Ticket start = bench.start(once);
  bench.run_for(60s);
  CHECK(bench.spawns == 3);
  CHECK(bench.error(start) == "");
  CHECK(bench.watcher(once).state() == State::stopped);
  CHECK(bench.timers().empty());
}

TEST_CASE("restart_delay lies between an exit and the next life") {
  Bench bench;
  auto config = Bench::config("web");
  config.restart_delay = 2s;
  bench.add_started(config);
  bench.exit(101, 1);
  bench.run_for(1999ms);
  CHECK(bench.heard() == Lines{"web reap 101 1"});
  bench.run_for(1ms);
  CHECK(bench.heard() == Lines{"web spawn 102"});
  CHECK(bench.timers().empty());
}

TEST_CASE("restart_delay doubles up to restart_delay_max and begins anew after a life of restart_reset") {
  Bench bench;
  auto config = Bench::config("web");
  config.restart_delay = 1s;
  config.restart_delay_max = 5s;
  config.restart_reset = 60s;
  const WatcherId web = bench.add_started(config);
  std::vector<double> pauses;
  const auto crash_after = [&](Duration life) {
    bench.run_for(life);
    bench.exit(bench.pids(web).at(0), 1);
    const Instant died = bench.now;
    while (bench.pids(web).empty()) bench.run_for(100ms);
    pauses.push_back(to_seconds(bench.now - died));
  };
  for (int i = 0; i < 4; ++i) crash_after(1s);
  crash_after(60s);
  crash_after(1s);
  CHECK(pauses == std::vector<double>{1, 2, 4, 5, 1, 2});
}

TEST_CASE("a changed restart_delay counts from the next exit on") {
  RespawnGuard guard;
  const Instant now = Instant{} + 100s;
  RespawnPolicy policy{.delay = 60s};
  CHECK(guard.next_start(policy, now - 1s, now) == now + 60s);
  policy.delay = 2s;
  CHECK(guard.next_start(policy, now - 1s, now) == now + 2s);
  policy = {.delay = 1s, .delay_max = 8s};
  guard.next_start(policy, now - 1s, now);
  policy = {};
  CHECK(guard.next_start(policy, now - 1s, now) == now);
}

TEST_CASE("a process that was killed on purpose does not wait for restart_delay") {
  Bench bench;
  auto config = Bench::config("web");
  config.restart_delay = 60s;
  const WatcherId web = bench.add_started(config);
  bench.kill(web);
  bench.settle();
  CHECK(bench.pids(web) == std::vector{102});
}

TEST_CASE("a start does not wait for a restart_delay, and its answer has the new process") {
  Bench bench;
  auto config = Bench::config("web", 2);
  config.restart_delay = 60s;
  const WatcherId web = bench.add_started(config);
  bench.exit(101, 1);
  const Ticket start = bench.start(web);
  bench.settle();
  CHECK(bench.result(start) == started({103}, {102}));
  CHECK(bench.timers().empty());
}

TEST_CASE("a spinning process gets 20 respawns in a second, then one a second, until it lived for 10 s") {
  Bench bench;
  bench.programs["spin"] = {.lives = 1ms};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "spin"));
  bench.run_for(500ms);
  CHECK(bench.spawns == 21);
  CHECK(bench.watcher(web).spinning());
  CHECK(bench.notes == Lines{"web: a process exits as soon as it starts; from now on one start a second"});
  const std::size_t before = bench.spawns;
  bench.run_for(10s);
  CHECK(bench.spawns == before + 10);

  bench.programs["spin"] = {};
  bench.run_for(9s);
  bench.exit(bench.pids(web).at(0));
  CHECK(bench.watcher(web).spinning());
  bench.run_for(10s);
  bench.exit(bench.pids(web).at(0));
  CHECK_FALSE(bench.watcher(web).spinning());
  CHECK(bench.pids(web).size() == 1);
}

TEST_CASE("20 respawns within a second are not held back") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  for (int i = 0; i < 20; ++i) {
    bench.run_for(10ms);
    bench.exit(bench.pids(web).at(0));
    CHECK(bench.pids(web).size() == 1);
  }
  bench.exit(bench.pids(web).at(0));
  CHECK(bench.pids(web).empty());
}

TEST_CASE("slots do not spin for each other") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 100));
  for (const int pid : bench.pids(web)) bench.exit(pid, 1);
  CHECK(bench.pids(web).size() == 100);
  CHECK_FALSE(bench.watcher(web).spinning());
}

TEST_CASE("a process older than max_age is stopped and replaced") {
  Bench bench;
  auto config = Bench::config("aged");
  config.max_age = 60s;
  config.max_age_variance = 0s;
  const WatcherId aged = bench.add_started(config);
  bench.run_for(59s);
  CHECK(bench.heard().empty());
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"aged kill 101", "aged reap 101 -15", "aged spawn 102"});
  bench.run_for(60s);
  CHECK(bench.heard() == Lines{"aged kill 102", "aged reap 102 -15", "aged spawn 103"});
  bench.stop(aged);
  bench.settle();
  CHECK(bench.timers().empty());
}

TEST_CASE("max_age_variance spreads the ends of processes that began together") {
  Bench bench;
  auto config = Bench::config("aged", 50);
  config.max_age = 60s;
  config.max_age_variance = 30s;
  const WatcherId aged = bench.add_started(config);
  std::set<Instant> ends;
  for (const auto& [key, at] : bench.timers()) {
    CHECK(at >= bench.now + 60s);
    CHECK(at <= bench.now + 90s);
    ends.insert(at);
  }
  CHECK(ends.size() == 50);
  bench.run_for(91s);
  for (const int pid : bench.pids(aged)) CHECK(pid > 150);
}

TEST_CASE("a process that is too old and does not stop gets SIGKILL") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  auto config = Bench::config("aged", 1, "stubborn");
  config.max_age = 60s;
  config.max_age_variance = 0s;
  config.graceful_timeout = 5s;
  const WatcherId aged = bench.add_started(config);
  bench.run_for(64s);
  CHECK(bench.pids(aged).empty());
  bench.run_for(1s);
  CHECK(bench.pids(aged) == std::vector{102});
}
