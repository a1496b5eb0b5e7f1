#include <cerrno>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

// Things that happen at the wrong time.

TEST_CASE("an exit that crosses the stop signal: one reap, and the stop ends") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "stubborn"));
  const Ticket stop = bench.stop(web);  // the signal finds a dead process
  bench.exit(101, 7);
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 7", "web stop"});
  CHECK(bench.answered(stop));
  CHECK(bench.timers().empty());
  bench.run_for(60s);
  CHECK(bench.heard().empty());
}

TEST_CASE("an exit that is told twice is one reap") {
  Bench bench;
  bench.programs["tree"] = {.descendants = 1, .descendants_stay = true};
  auto config = Bench::config("web", 1, "tree");
  config.stop_children = true;
  const WatcherId web = bench.add_started(config);
  const ProcessId process = bench.process(101)->id;
  bench.stop(web);
  bench.settle();
  bench.world.on_exited(process, Exit{101, 0}, bench.now);
  bench.run_for(60s);
  bench.world.on_exited(process, Exit{101, 0}, bench.now);
  bench.settle();
  CHECK(bench.reaps == 1);
  CHECK(bench.watcher(web).state() == State::stopped);
}

TEST_CASE("a stop ends a start at once that waits for the data base of users") {
  Bench bench;
  bench.programs["nobodys"] = {.exec_takes = 1000s, .waits_for_user = true};
  const WatcherId web = bench.add(Bench::config("web", 2, "nobodys"));
  const Ticket start = bench.start(web);
  bench.settle();
  CHECK_FALSE(bench.answered(start));
  const Instant asked = bench.now;
  const Ticket stop = bench.stop(web);
  bench.settle();
  CHECK(bench.now == asked);
  CHECK(bench.error(stop) == "");
  CHECK(bench.heard() == Lines{"web stop"});  // no start has failed
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.timers().empty());
  CHECK(bench.faults.empty());
}

TEST_CASE("quit does not wait for a start that waits for the data base of users") {
  Bench bench;
  bench.programs["nobodys"] = {.exec_takes = 1000s, .waits_for_user = true};
  bench.start(bench.add(Bench::config("web", 1, "nobodys")));
  bench.settle();
  bench.quit();
  bench.settle();
  CHECK(bench.left);
}

TEST_CASE("a stop while exec is under way: spawn, kill, reap, stop") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 1, "slow"));
  const Ticket start = bench.start(web);
  bench.settle();
  const Ticket stop = bench.stop(web);
  bench.settle();
  CHECK_FALSE(bench.answered(stop));
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web spawn 101", "web kill 101", "web reap 101 -15", "web stop"});
  CHECK(bench.error(start) == "start of web was ended by a stop");
  CHECK(bench.answered(stop));
  CHECK(bench.timers().empty());
}

TEST_CASE("an exec that hangs gets SIGKILL when graceful_timeout is over") {
  Bench bench;
  bench.programs["hung"] = {.exec_takes = 600s};
  auto config = Bench::config("web", 1, "hung");
  config.graceful_timeout = 5s;
  const WatcherId web = bench.add(config);
  bench.start(web);
  bench.settle();
  bench.stop(web);
  bench.run_for(5s);
  REQUIRE(bench.process(101));
  CHECK(bench.process(101)->signals == std::vector{SIGKILL});
  bench.run_for(600s);
  CHECK(bench.heard() == Lines{"web spawn 101", "web kill 101", "web reap 101 -9", "web stop"});
  CHECK(bench.timers().empty());
}

TEST_CASE("a stop and a start again while exec is under way") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 1, "slow"));
  bench.start(web);
  bench.settle();
  bench.stop(web);
  const Ticket start = bench.start(web);
  bench.run_for(10s);
  CHECK(bench.result(start) == started({102}));
  CHECK(bench.pids(web) == std::vector{102});
}

TEST_CASE("a reload that was asked for during a stop comes after it") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 2, "slow"));
  bench.stop(web);
  const Ticket reload = bench.reload(web);
  bench.run_for(10s);
  CHECK(bench.heard() == Lines{"web kill 101", "web kill 102", "web reap 101 -15", "web reap 102 -15",
                               "web stop", "web spawn 103", "web spawn 104", "web start", "web reload"});
  CHECK(bench.result(reload) == replaced({}, {103, 104}));
}

TEST_CASE("numprocesses to 0 during a graceful reload") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s, .stop_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 3, "slow"));
  bench.start(web);
  bench.run_for(1s);
  const Ticket reload = bench.reload(web);
  bench.settle();
  const Ticket none = bench.resize(web, 0);
  bench.run_for(10s);
  CHECK(bench.error(reload) == "");
  CHECK(bench.error(none) == "");
  CHECK(bench.alive() == 0);
  CHECK(bench.watcher(web).state() == State::active);
  CHECK(bench.watcher(web).slots().empty());
  CHECK(bench.timers().empty());
}

TEST_CASE("numprocesses to 0 during a sequential reload") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s, .stop_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 3, "slow"));
  bench.start(web);
  bench.run_for(1s);
  const Ticket reload = bench.reload_sequential(web);
  bench.run_for(1500ms);
  const Ticket none = bench.resize(web, 0);
  bench.run_for(10s);
  CHECK(bench.error(reload) == "");
  CHECK(bench.error(none) == "");
  CHECK(bench.alive() == 0);
}

TEST_CASE("a crash of an old process during a graceful reload is not replaced twice") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 2, "slow"));
  bench.start(web);
  bench.run_for(1s);
  const Ticket reload = bench.reload(web);
  bench.settle();
  bench.exit(101, 1);
  bench.run_for(10s);
  CHECK(bench.spawns == 4);
  CHECK(bench.result(reload) == replaced({101, 102}, {103, 104}));
}

TEST_CASE("a reload while processes are still on their way through exec") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 2, "slow"));
  const Ticket start = bench.start(web);
  bench.run_for(1s);
  bench.kill(web);
  bench.settle();  // the replacements are on their way
  const Ticket reload = bench.reload(web);
  bench.run_for(10s);
  CHECK(bench.answered(start));
  CHECK(bench.error(reload) == "");
  CHECK(bench.alive() == 2);
  CHECK(bench.watcher(web).slots().size() == 2);
}

TEST_CASE("a kill of a process that is on its way through exec ends it when it is there") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 1, "slow"));
  const Ticket start = bench.start(web);
  bench.settle();
  const Ticket kill = bench.kill(web);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web spawn 101", "web kill 101", "web start", "web reap 101 -15"});
  CHECK(bench.answered(kill));
  bench.run_for(1s);
  CHECK(bench.pids(web) == std::vector{102});
  CHECK(bench.answered(start));
}

TEST_CASE("a kill during a stop does not bring anything back") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 2, "slow"));
  bench.stop(web);
  const Ticket kill = bench.kill(web);
  bench.run_for(10s);
  CHECK(bench.answered(kill));
  CHECK(bench.spawns == 2);
  CHECK(bench.watcher(web).state() == State::stopped);
}

TEST_CASE("a process that is surplus while a kill waits for it: the kill is answered") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 2, "slow"));
  const Ticket kill = bench.kill(web, {.pids = {102}, .signum = {}, .grace = {}});
  const Ticket less = bench.resize(web, 1);
  bench.run_for(10s);
  CHECK(bench.answered(kill));
  CHECK(bench.answered(less));
  CHECK(bench.pids(web) == std::vector{101});  // the one that was going anyway went
}

TEST_CASE("answers for what is no more change nothing") {
  Bench bench;
  auto config = Bench::config("web");
  config.max_age = 60s;
  const WatcherId web = bench.add_started(config);
  const ProcessId process = bench.process(101)->id;
  const SlotId slot = bench.watcher(web).slots().begin()->first;
  bench.stop(web);
  bench.settle();
  bench.heard();
  bench.world.on_timer({TimerKey::Kind::slot, slot}, bench.now);
  bench.world.on_timer({TimerKey::Kind::watcher, web}, bench.now);
  bench.world.on_timer({TimerKey::Kind::world, 0}, bench.now);
  bench.world.on_spawned(process, 101, bench.now, bench.now);
  bench.world.on_spawn_failed(process, {"exec", ENOENT, "x"}, bench.now);
  bench.world.on_exited(process, Exit{101, 0}, bench.now);
  bench.world.on_signalled(process, 999, SIGTERM, bench.now);
  bench.world.on_tree_gone(process, bench.now);
  CHECK(bench.world.take().empty());
  bench.remove(web);
  bench.heard();
  bench.world.on_timer({TimerKey::Kind::watcher, web}, bench.now);
  bench.world.on_spawned(process, 101, bench.now, bench.now);
  CHECK(bench.world.take().empty());
}

TEST_CASE("reports that come twice or too late for a running process change nothing") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  const ProcessId process = bench.process(101)->id;
  bench.world.on_spawned(process, 4711, bench.now, bench.now);
  bench.world.on_spawn_failed(process, {"exec", ENOENT, "x"}, bench.now);
  bench.world.on_tree_gone(process, bench.now);
  CHECK(bench.world.take().empty());
  CHECK(bench.pids(web) == std::vector{101});
}

TEST_CASE("a timer that rings too early is set again") {
  Bench bench({.warmup_delay = 5s});
  auto config = Bench::config("web");
  config.restart_delay = 10s;
  const WatcherId web = bench.add_started(config);
  bench.exit(101, 1);
  const auto timers = bench.timers();
  REQUIRE(timers.size() == 1);
  const auto [key, at] = *timers.begin();
  bench.world.on_timer(key, bench.now);
  CHECK(bench.world.take() == Effects{WakeAt{key, at}});
  bench.run_for(10s);
  CHECK(bench.pids(web).size() == 1);

  bench.run_all({bench.add(Bench::config("a")), bench.add(Bench::config("b"))}, Kind::start);
  bench.settle();
  const auto pause = *bench.timers().begin();
  CHECK(pause.first.kind == TimerKey::Kind::world);
  bench.world.on_timer(pause.first, bench.now);
  CHECK(bench.world.take() == Effects{WakeAt{pause.first, pause.second}});
}

TEST_CASE("quit during everything") {
  const auto slow = Program{.exec_takes = 300ms, .stop_takes = 700ms, .descendants = 1};
  for (Duration at{}; at < 3s; at += 100ms) {
    Bench bench({.warmup_delay = 100ms});
    bench.programs["slow"] = slow;
    bench.programs["missing"] = {.exec_error = ENOENT, .exec_takes = 200ms};
    std::vector<WatcherId> ids;
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
      auto config = Bench::config(name, 3, *name == 'f' ? "missing" : "slow");
      config.stop_children = *name == 'b';
      config.warmup_delay = *name == 'c' ? 200ms : 0ms;
      ids.push_back(bench.add(config));
    }
    const Ticket all = bench.run_all(ids, Kind::start);
    std::vector<Ticket> tickets{all};
    bench.run_for(1s);
    tickets.push_back(bench.reload(ids[0]));
    tickets.push_back(bench.reload_sequential(ids[1]));
    tickets.push_back(bench.resize(ids[2], 1));
    tickets.push_back(bench.kill(ids[3]));
    tickets.push_back(bench.remove(ids[4]));
    tickets.push_back(bench.restart(ids[5]));
    bench.run_for(at);
    tickets.push_back(bench.quit());
    bench.run_for(60s);
    CAPTURE(to_seconds(at));
    CHECK(bench.left);
    for (const Ticket ticket : tickets) CHECK(bench.answered(ticket));
    CHECK(bench.spawns == bench.reaps);
    CHECK(bench.timers().empty());
    CHECK(bench.faults == Lines{});
  }
}

TEST_CASE("who waits for a change hears that it is made, when a stop ends the wait") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  auto config = Bench::config("web", 1, "missing");
  config.max_retry = -1;
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  const Ticket more = bench.resize(web, 3);
  bench.stop(web);
  bench.settle();
  CHECK(bench.error(start) == "start of web was ended by a stop");
  CHECK(bench.error(more) == "web is changed, but the wait for its processes was ended by a stop");
  CHECK(bench.watcher(web).config().numprocesses == 3);
}

TEST_CASE("who waits for a watcher that is removed hears that; what its processes do is told no more") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  const WatcherId web = bench.add(Bench::config("web", 1, "slow"));
  const Ticket start = bench.start(web);
  bench.settle();
  bench.remove(web, false);
  bench.run_for(2s);
  CHECK(bench.error(start) == "start of web was ended by its removal");
  CHECK(bench.heard() == Lines{"web remove"});
}

TEST_CASE("twenty thousand restarts in a row are two: the one at work and the one that waits") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  const std::size_t before = bench.spawns;
  const Ticket first = bench.restart(web);
  const Ticket second = bench.restart(web);
  for (int i = 0; i < 20'000; ++i) bench.world.run(web, Operation{Kind::restart}, bench.now);
  const Ticket last = bench.restart(web);
  bench.run_for(1s);
  CHECK(bench.answered(first));
  CHECK_FALSE(bench.answered(second));
  bench.run_for(60s);
  CHECK(bench.spawns == before + 2);
  CHECK(bench.error(second) == "");
  CHECK(bench.error(last) == "");
  CHECK(bench.result(second).find("started") != nullptr);
  CHECK(bench.result(last) == bench.result(second));
  CHECK(bench.world.settled());
}

TEST_CASE("an operation of another kind or with other flags does not join the one that waits") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  const std::size_t before = bench.spawns;
  bench.restart(web);
  bench.reload(web);
  bench.reload_sequential(web);
  bench.restart(web);
  bench.restart(web);  // joins
  bench.run_for(60s);
  CHECK(bench.spawns == before + 4);
}

TEST_CASE("stops that wait for the one at work end with it, and each caller hears") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  std::vector<Ticket> stops;
  for (int i = 0; i < 100; ++i) stops.push_back(bench.stop(web));
  bench.run_for(1s);
  for (const Ticket stop : stops) CHECK(bench.error(stop) == "");
  CHECK(bench.world.settled());
}

TEST_CASE("sixty-four operations wait for a watcher at most; the next is refused, but for a stop") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  std::vector<Ticket> taken;
  for (std::size_t i = 0; i < most_operations; ++i)
    taken.push_back(i % 2 == 0 ? bench.restart(web) : bench.reload(web));
  const Ticket joins = bench.reload(web);
  const Ticket refused = bench.restart(web);
  CHECK_FALSE(bench.answered(joins));
  CHECK(bench.error(refused) ==
        "restart of web is refused: 64 operations of it wait, and no more may; a stop ends them all");
  const Ticket stop = bench.stop(web);
  bench.run_for(1s);
  CHECK(bench.error(stop) == "");
  for (const Ticket ticket : taken) CHECK(bench.answered(ticket));
  CHECK(bench.error(joins) == "reload of web was ended by a stop");
  CHECK(bench.world.settled());
}

TEST_CASE(
    "each caller of a resize hears the number that it asked for, and resizes nobody waits for are one") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  bench.restart(web);
  std::vector<Ticket> tickets;
  for (int i = 2; i < 5; ++i) tickets.push_back(bench.resize(web, i));
  for (int i = 0; i < 1000; ++i) {
    auto config = bench.watcher(web).config();
    config.numprocesses = 2 + i % 2;
    bench.world.update(web, config, 1, false, 0, bench.now);
  }
  bench.run_for(60s);
  for (int i = 0; i < 3; ++i)
    CHECK(bench.result(tickets[static_cast<std::size_t>(i)]) == Value::object().set("numprocesses", i + 2));
  CHECK(bench.pids(web).size() == 3);
}
