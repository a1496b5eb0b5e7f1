#include <algorithm>
#include <cerrno>
#include <map>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

namespace {

conf::WatcherConfig missing(int numprocesses, int max_retry) {
  auto config = Bench::config("web", numprocesses, "missing");
  config.max_retry = max_retry;
  return config;
}

/// The times from the start at which spawns failed.
std::vector<double> failures_within(Bench& bench, Duration limit) {
  std::vector<double> times;
  const Instant begin = bench.now, end = begin + limit;
  while (bench.now < end) {
    const std::size_t before = bench.failures;
    bench.run_for(10ms);
    if (bench.failures != before) times.push_back(to_seconds(bench.now - begin));
  }
  return times;
}

}  // namespace

TEST_CASE("failed starts are retried with pauses that double from 100 ms, 10 % jitter on top") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  const WatcherId web = bench.add(missing(1, -1));
  bench.start(web);
  const auto times = failures_within(bench, 120s);
  REQUIRE(times.size() >= 10);
  double pause = 0.1;
  for (std::size_t i = 1; i < times.size(); ++i) {
    CHECK(times[i] - times[i - 1] >= pause - 0.011);
    CHECK(times[i] - times[i - 1] <= pause * 1.1 + 0.011);
    pause = std::min(30.0, pause * 2);
  }
}

TEST_CASE("max_retry is how often a start is tried in all; then the watcher stops") {
  for (const auto& [max_retry, tries] : std::map<int, std::size_t>{{0, 1}, {1, 1}, {2, 2}, {5, 5}}) {
    Bench bench;
    bench.programs["missing"] = {.exec_error = ENOENT};
    const WatcherId web = bench.add(missing(1, max_retry));
    const Ticket start = bench.start(web);
    bench.run_for(600s);
    CAPTURE(max_retry);
    CHECK(bench.failures == tries);
    CHECK(bench.watcher(web).state() == State::stopped);
    CHECK(bench.watcher(web).gave_up());
    CHECK(bench.heard().back() == "web stop");
    CHECK(bench.result(start) == started({}).set("error", "exec missing: No such file or directory"));
    CHECK(bench.timers().empty());
  }
}

TEST_CASE("the last failure is kept until a start works") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = EACCES};
  const WatcherId web = bench.add(missing(1, 2));
  bench.start(web);
  bench.run_for(10s);
  REQUIRE(bench.watcher(web).trouble());
  CHECK(bench.watcher(web).trouble()->text == "exec missing: Permission denied");
  CHECK(bench.watcher(web).trouble()->error == EACCES);
  CHECK(bench.notes ==
        Lines{"error in 'web': [Errno 13] Permission denied: 'missing' (exec, failed start number 1)",
              "error in 'web': [Errno 13] Permission denied: 'missing' (exec, given up after 2)"});
  bench.programs.erase("missing");
  bench.start(web);
  bench.settle();
  CHECK_FALSE(bench.watcher(web).trouble());
  CHECK_FALSE(bench.watcher(web).gave_up());
}

TEST_CASE("many processes that cannot start are one failure, and one tries for all") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT, .exec_takes = 50ms};
  const WatcherId web = bench.add(missing(1000, 5));
  bench.start(web);
  bench.run_for(80ms);
  CHECK(bench.failures == 1);
  CHECK(bench.most_in_flight == 48);
  CHECK(bench.processes().empty());
  bench.run_for(80ms);
  CHECK(bench.processes().size() == 1);
  bench.run_for(60s);
  CHECK(bench.failures == 5);
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.watcher(web).slots().empty());
  CHECK(bench.timers().empty());
}

TEST_CASE("starts that fail after the others were given up are given up too") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  const WatcherId web = bench.add(missing(10, 1));
  const Ticket start = bench.start(web);
  bench.run_for(60s);
  CHECK(bench.failures == 1);
  CHECK(bench.spawns == 0);
  CHECK(bench.watcher(web).state() == State::stopped);
  REQUIRE(bench.answered(start));
  CHECK(*bench.result(start).find("error") == Value("exec missing: No such file or directory"));
}

TEST_CASE("when one that tried for all works, all follow") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  const WatcherId web = bench.add(missing(20, 5));
  const Ticket start = bench.start(web);
  bench.settle();
  bench.programs.erase("missing");
  bench.run_for(200ms);
  CHECK(bench.pids(web).size() == 20);
  CHECK(bench.error(start) == "");
  CHECK(bench.timers().empty());
}

TEST_CASE("a sibling that runs keeps running when the others were given up") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 1, "missing"));
  bench.programs["missing"] = {.exec_error = EAGAIN};
  const Ticket more = bench.resize(web, 3);
  bench.run_for(60s);
  CHECK(bench.failures == 5);
  CHECK(bench.answered(more));
  CHECK(bench.watcher(web).state() == State::active);
  CHECK(bench.watcher(web).gave_up());
  CHECK(bench.pids(web) == std::vector{101});
  CHECK(bench.timers().empty());
  bench.exit(101, 1);
  bench.run_for(60s);
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.heard().back() == "web stop");
}

TEST_CASE("giving up clears the timer of a slot that waits for its restart_delay") {
  Bench bench;
  auto config = missing(3, 1);
  config.restart_delay = 600s;
  const WatcherId web = bench.add_started(config);
  bench.exit(101, 1);
  bench.programs["missing"] = {.exec_error = ENOENT};
  bench.kill(web, {.pids = {102}, .signum = {}, .grace = {}});
  bench.settle();
  CHECK(bench.watcher(web).gave_up());
  CHECK(bench.pids(web) == std::vector{103});
  CHECK(bench.timers().empty());
}

TEST_CASE("a watcher that retries for ever does not hold up others") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  const WatcherId bad = bench.add(missing(3, -1));
  bench.start(bad);
  const WatcherId good = bench.add(Bench::config("good", 2));
  const Ticket start = bench.start(good);
  bench.settle();
  CHECK(bench.answered(start));
  CHECK(bench.watcher(bad).next_try() > bench.now);
}

TEST_CASE("a restart ends a start that cannot succeed, and tries at once") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  const WatcherId web = bench.add(missing(2, -1));
  const Ticket start = bench.start(web);
  bench.run_for(60s);
  CHECK_FALSE(bench.answered(start));
  bench.programs.erase("missing");
  const Ticket restart = bench.restart(web);
  bench.settle();
  CHECK(bench.error(start) == "start of web: exec missing: No such file or directory");
  CHECK(bench.error(restart) == "");
  CHECK(bench.pids(web).size() == 2);
}

TEST_CASE("a change of options mends a start that cannot succeed") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  const WatcherId web = bench.add(missing(2, -1));
  bench.start(web);
  bench.run_for(60s);
  auto config = missing(2, -1);
  config.cmd = "there";
  bench.world.update(web, config, 1, true, bench.next_ticket(), bench.now);
  bench.settle();
  CHECK(bench.pids(web).size() == 2);
  CHECK(bench.watcher(web).state() == State::active);
  CHECK(bench.faults == Lines{});
}

TEST_CASE("a graceful reload that cannot succeed gives way to the next reload") {
  Bench bench;
  auto config = missing(2, -1);
  const WatcherId web = bench.add_started(config);
  bench.programs["missing"] = {.exec_error = ENOENT};
  const Ticket stuck = bench.reload(web);
  bench.run_for(60s);
  CHECK_FALSE(bench.answered(stuck));
  CHECK(bench.pids(web) == std::vector{101, 102});
  bench.programs.erase("missing");
  const Ticket next = bench.reload(web);
  bench.settle();
  CHECK(bench.error(stuck).find("the old processes go on") != std::string::npos);
  CHECK(bench.error(next) == "");
  CHECK(bench.pids(web).size() == 2);
  CHECK(bench.timers().empty());
}

TEST_CASE("a stop ends the retries") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  const WatcherId web = bench.add(missing(2, -1));
  const Ticket start = bench.start(web);
  bench.run_for(10s);
  const Ticket stop = bench.stop(web);
  CHECK(bench.answered(start));
  CHECK(bench.answered(stop));
  CHECK(bench.timers().empty());
  CHECK(bench.watcher(web).next_try() == never);
}

TEST_CASE("a start that fails while the watcher stops is told and not retried") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT, .exec_takes = 1s};
  const WatcherId web = bench.add(missing(1, 5));
  bench.start(web);
  bench.settle();
  const Ticket stop = bench.stop(web);
  bench.run_for(60s);
  CHECK(bench.answered(stop));
  CHECK(bench.heard() == Lines{"web spawn_failed 1", "web stop"});
  CHECK(bench.timers().empty());
}

TEST_CASE("a kill waits for a start that is on its way, and hears when that one fails") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT, .exec_takes = 1s};
  const WatcherId web = bench.add(missing(1, 1));
  bench.start(web);
  bench.settle();
  const Ticket kill = bench.kill(web);
  CHECK_FALSE(bench.answered(kill));
  bench.run_for(60s);
  CHECK(bench.answered(kill));
  CHECK(bench.watcher(web).idle());
}

TEST_CASE("a start that works but began before another failed does not end the pause") {
  Bench bench;
  bench.programs["web"] = {.exec_takes = 3600s};
  const WatcherId web = bench.add(Bench::config("web", 2, "web"));
  bench.start(web);
  bench.settle();
  bench.world.on_spawn_failed(1, {"clone", EAGAIN, ""}, bench.now);
  bench.world.on_spawned(2, 102, bench.now, bench.now);
  CHECK(bench.watcher(web).trouble()->text == "clone: Resource temporarily unavailable");
  CHECK(bench.watcher(web).next_try() >= bench.now + 100ms);
  CHECK_FALSE(bench.world.wants_spawn());
}

TEST_CASE("a watcher that gave up is stopped when the last that was leaving is gone") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  auto config = Bench::config("web", 2, "slow");
  config.max_retry = 1;
  const WatcherId web = bench.add_started(config);
  bench.resize(web, 1);
  bench.programs["slow"] = {.exec_error = ENOENT};
  bench.exit(102, 1);
  CHECK(bench.watcher(web).gave_up());
  CHECK(bench.watcher(web).state() == State::active);
  bench.run_for(5s);
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.heard().back() == "web stop");
}

TEST_CASE("what was queued before the failure does not join the one that tries for all") {
  Bench bench;
  bench.programs["hog"] = {.exec_takes = 10s};
  bench.programs["web"] = {};
  const WatcherId web = bench.add_started(Bench::config("web", 5, "web"));
  bench.programs["web"] = {.exec_error = ENOENT, .exec_takes = 100ms};
  bench.exit(101, 1);
  for (const auto& [name, count] :
       {std::pair("a", 48), std::pair("b", 12), std::pair("c", 3), std::pair("d", 1)}) {
    bench.start(bench.add(Bench::config(name, count, "hog")));
    bench.settle();
  }
  for (const int pid : {102, 103, 104, 105}) bench.exit(pid, 1);
  bench.run_for(1s);  // the first has failed, a hog has its place, and four are in the queue
  CHECK(bench.watcher(web).trouble());
  const std::size_t before = bench.failures;
  bench.run_for(9150ms);
  CHECK(bench.failures == before + 1);
}

TEST_CASE("a change of the number does not end a start that has trouble") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  const WatcherId web = bench.add(missing(2, -1));
  const Ticket start = bench.start(web);
  bench.run_for(10s);
  const Ticket more = bench.resize(web, 3);
  bench.run_for(10s);
  CHECK_FALSE(bench.answered(start));
  bench.programs.erase("missing");
  bench.run_for(40s);
  CHECK(bench.error(start) == "");
  CHECK(bench.error(more) == "");
  CHECK(bench.pids(web).size() == 3);
}
