#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

// The orders of events are those of captured sessions with Circus, with the reaps that it leaves out.

TEST_CASE("a start is spawn for each process, then start") {
  Bench bench;
  const WatcherId web = bench.add(Bench::config("Plain One", 2));
  const Ticket start = bench.start(web);
  CHECK_FALSE(bench.answered(start));
  CHECK(bench.watcher(web).state() == State::starting);
  bench.settle();
  CHECK(bench.heard() == Lines{"plain_one spawn 101", "plain_one spawn 102", "plain_one start"});
  CHECK(bench.result(start) == started({101, 102}));
  CHECK(bench.watcher(web).state() == State::active);
  CHECK(bench.timers().empty());
}

TEST_CASE("a start of an active watcher changes nothing and says what it keeps") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  CHECK(bench.result(bench.start(web)) == started({}, {101, 102}));
  CHECK(bench.heard().empty());
}

TEST_CASE("a stop is kill for each process, then their reaps, then stop") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  const Ticket stop = bench.stop(web);
  CHECK(bench.watcher(web).state() == State::stopping);
  bench.settle();
  CHECK(bench.heard() ==
        Lines{"web kill 101", "web kill 102", "web reap 101 -15", "web reap 102 -15", "web stop"});
  CHECK(bench.result(stop) == Value());
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.timers().empty());
  CHECK(bench.processes().empty());
}

TEST_CASE("a stop of a stopped watcher says nothing and is answered") {
  Bench bench;
  const WatcherId web = bench.add(Bench::config("web"));
  CHECK(bench.result(bench.stop(web)) == Value());
  CHECK(bench.heard().empty());
}

TEST_CASE("a restart is the events of a stop, then those of a start") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  const Ticket restart = bench.restart(web);
  bench.settle();
  CHECK(bench.heard() == Lines{"web kill 101", "web kill 102", "web reap 101 -15", "web reap 102 -15",
                               "web stop", "web spawn 103", "web spawn 104", "web start"});
  CHECK(bench.result(restart) == replaced({101, 102}, {103, 104}));
}

TEST_CASE("a restart of a stopped watcher is a start") {
  Bench bench;
  const WatcherId web = bench.add(Bench::config("web"));
  const Ticket restart = bench.restart(web);
  bench.settle();
  CHECK(bench.heard() == Lines{"web spawn 101", "web start"});
  CHECK(bench.result(restart) == replaced({}, {101}));
}

TEST_CASE("what ignores the stop signal gets SIGKILL after graceful_timeout") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  auto config = Bench::config("web", 1, "stubborn");
  config.graceful_timeout = 3s;
  const WatcherId web = bench.add_started(config);
  const Ticket stop = bench.stop(web);
  bench.run_for(2999ms);
  CHECK(bench.heard() == Lines{"web kill 101"});
  CHECK_FALSE(bench.answered(stop));
  bench.run_for(1ms);
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -9", "web stop"});
  CHECK(bench.answered(stop));
  CHECK(bench.timers().empty());
}

TEST_CASE("graceful_timeout 0 is SIGKILL right after the stop signal") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  auto config = Bench::config("web", 1, "stubborn");
  config.graceful_timeout = 0s;
  const WatcherId web = bench.add_started(config);
  bench.stop(web);
  bench.run_for(0s);
  CHECK(bench.heard() == Lines{"web kill 101", "web kill 101", "web reap 101 -9", "web stop"});
}

TEST_CASE("the stop signal is the one of the watcher") {
  Bench bench;
  auto config = Bench::config("web");
  config.stop_signal = SIGINT;
  const WatcherId web = bench.add_started(config);
  bench.stop(web);
  bench.settle();
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -2", "web stop"});
}

TEST_CASE("warmup_delay lies between the spawns of a watcher, less the time that exec took") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 300ms};
  auto config = Bench::config("web", 3, "slow");
  config.warmup_delay = 1s;
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  bench.run_for(999ms);
  CHECK(bench.heard() == Lines{"web spawn 101"});
  bench.run_for(1ms);
  CHECK(bench.processes().size() == 2);
  bench.run_for(999ms);
  CHECK(bench.heard() == Lines{"web spawn 102"});
  CHECK(bench.watcher(web).state() == State::starting);
  CHECK_FALSE(bench.answered(start));
  bench.run_for(301ms);
  CHECK(bench.heard() == Lines{"web spawn 103", "web start"});
  CHECK(bench.answered(start));
  CHECK(bench.timers().empty());
}

TEST_CASE("an exec that takes longer than warmup_delay is waited for") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 5s};
  auto config = Bench::config("web", 2, "slow");
  config.warmup_delay = 1s;
  bench.start(bench.add(config));
  bench.run_for(4s);
  CHECK(bench.processes().size() == 1);
  bench.run_for(1s);
  CHECK(bench.processes().size() == 2);
}

TEST_CASE("numprocesses 0 is an active watcher without a process") {
  Bench bench;
  const WatcherId web = bench.add(Bench::config("web", 0));
  CHECK(bench.result(bench.start(web)) == started({}));
  CHECK(bench.heard() == Lines{"web start"});
  CHECK(bench.watcher(web).state() == State::active);
}

TEST_CASE("a stop ends a start, and who waits for the start is told") {
  Bench bench;
  auto config = Bench::config("web", 3);
  config.warmup_delay = 10s;
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  bench.run_for(1s);
  const Ticket stop = bench.stop(web);
  bench.settle();
  CHECK(bench.error(start) == "start of web was ended by a stop");
  CHECK(bench.error(stop) == "");
  CHECK(bench.heard() == Lines{"web spawn 101", "web kill 101", "web reap 101 -15", "web stop"});
  bench.run_for(60s);
  CHECK(bench.heard().empty());
  CHECK(bench.timers().empty());
}

TEST_CASE("two operations on one watcher run in the order they came") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s, .stop_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 1, "slow"));
  const Ticket start = bench.start(web), restart = bench.restart(web), reload = bench.reload(web);
  bench.run_for(1s);
  CHECK(bench.answered(start));
  CHECK_FALSE(bench.answered(restart));
  bench.run_for(2s);
  CHECK(bench.answered(restart));
  CHECK_FALSE(bench.answered(reload));
  bench.run_for(2s);
  CHECK(bench.result(reload) == replaced({102}, {103}));
}

TEST_CASE("operations on different watchers do not wait for each other") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 10s};
  const WatcherId slow = bench.add_started(Bench::config("slow", 1, "slow"));
  const WatcherId web = bench.add_started(Bench::config("web"));
  const Ticket stop = bench.stop(slow);
  for (const Kind kind : {Kind::stop, Kind::start, Kind::restart, Kind::reload}) {
    const Ticket other = bench.run(web, kind);
    bench.settle();
    CHECK(bench.error(other) == "");
  }
  const Ticket more = bench.resize(web, 3);
  bench.settle();
  CHECK(bench.error(more) == "");
  CHECK_FALSE(bench.answered(stop));
  bench.run_for(10s);
  CHECK(bench.error(stop) == "");
}

TEST_CASE("a start that was asked for during a stop comes after it") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 2s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  const Ticket stop = bench.stop(web), start = bench.start(web);
  bench.run_for(2s);
  CHECK(bench.error(stop) == "");
  CHECK(bench.result(start) == started({102}));
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -15", "web stop", "web spawn 102", "web start"});
}

TEST_CASE("two stops end together and both are answered") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 2s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  const Ticket one = bench.stop(web), two = bench.stop(web);
  bench.run_for(2s);
  CHECK(bench.error(one) == "");
  CHECK(bench.error(two) == "");
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -15", "web stop"});
}

TEST_CASE("at most 16 spawns a turn, and 48 of a watcher on their way through exec") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 200, "slow"));
  bench.start(web);
  bench.world.spawn_some(16, bench.now);
  bench.perform();
  CHECK(bench.processes().size() == 16);
  bench.settle();
  CHECK(bench.processes().size() == 48);
  CHECK_FALSE(bench.world.wants_spawn());
  bench.run_for(10s);
  CHECK(bench.pids(web).size() == 200);
  CHECK(bench.most_in_flight == 48);
  CHECK(bench.faults == Lines{});
}

TEST_CASE("watchers whose execs hang leave a place to the next one, and their own start when it is time") {
  Bench bench;
  bench.programs["hung"] = {.exec_takes = 1000s};
  std::vector<WatcherId> hung;
  for (const char* name : {"a", "b", "c"}) {
    hung.push_back(bench.add(Bench::config(name, 100, "hung")));
    bench.start(hung.back());
    bench.settle();
  }
  CHECK(bench.processes().size() == 48 + 12 + 3);
  CHECK_FALSE(bench.world.wants_spawn());
  const WatcherId good = bench.add(Bench::config("good", 100));
  const Ticket start = bench.start(good);
  bench.settle();
  CHECK(bench.pids(good).size() == 100);
  CHECK(bench.error(start) == "");
  bench.run_for(20000s);
  for (const WatcherId id : hung) CHECK(bench.pids(id).size() == 100);
  CHECK(bench.most_in_flight <= 64);
  CHECK(bench.faults == Lines{});
}

TEST_CASE("a watcher that waits for its share and is stopped leaves nothing in the queue") {
  Bench bench;
  bench.programs["hung"] = {.exec_takes = 10s, .ignores_stop = false};
  const WatcherId web = bench.add(Bench::config("web", 100, "hung"));
  for (int i = 0; i < 3; ++i) {
    bench.start(web);
    bench.settle();
    bench.stop(web);
    bench.settle();
  }
  bench.run_for(60s);
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.world.settled());
  CHECK(bench.spawns == 48);
  CHECK(bench.faults == Lines{});
}

TEST_CASE("a command line that makes no command is a failed start") {
  Bench bench;
  auto config = Bench::config("web", 1, "sh -c 'never closed");
  config.max_retry = 1;
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  bench.settle();
  CHECK(bench.result(start) == started({}).set("error", bench.watcher(web).trouble()->text));
  CHECK(bench.heard() == Lines{"web spawn_failed 1", "web stop"});
  CHECK(bench.watcher(web).trouble()->stage == "cmd");
  CHECK(bench.processes().empty());
}
