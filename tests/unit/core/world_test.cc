#include <cerrno>
#include <map>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

// ---- names

TEST_CASE("a watcher is found in any case and by the form that topics have") {
  Bench bench;
  const WatcherId id = bench.add(Bench::config("Plain One"));
  CHECK(bench.find("plain one")->id() == id);
  CHECK(bench.find("PLAIN ONE")->id() == id);
  CHECK(bench.find("plain_one")->id() == id);
  CHECK_FALSE(bench.find("plain"));
}

TEST_CASE("a name is taken in any case") {
  Bench bench;
  bench.add(Bench::config("Web"));
  const auto again = bench.world.add(Bench::config("wEB"), true, bench.now);
  REQUIRE_FALSE(again);
  CHECK(again.error().text == "'web' already exist");
  bench.perform();
  CHECK(bench.heard().empty());
}

// ---- rm

TEST_CASE("rm is remove, then the stop; the name is free at once") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const WatcherId old = bench.add_started(Bench::config("New One", 1, "slow"));
  const Ticket removed = bench.remove(old);
  CHECK_FALSE(bench.find("New One"));
  const WatcherId fresh = bench.add(Bench::config("New One"));
  CHECK(fresh != old);
  const Ticket start = bench.start(fresh);
  bench.settle();
  CHECK(bench.answered(start));
  CHECK_FALSE(bench.answered(removed));
  bench.run_for(5s);
  CHECK(bench.answered(removed));
  CHECK(bench.heard() == Lines{"new_one remove", "new_one kill 101", "new_one spawn 102", "new_one start",
                               "new_one reap 101 -15", "new_one stop"});
  CHECK(bench.find("new one")->id() == fresh);
  CHECK(bench.world.settled());
  CHECK(bench.timers().empty());
}

TEST_CASE("rm without a stop: the processes live on and nothing more is heard of them") {
  Bench bench;
  auto config = Bench::config("web", 2);
  config.max_age = 60s;
  const WatcherId web = bench.add_started(config);
  bench.hold(web, {.by = "x", .until = bench.now + 10s});
  bench.heard();
  const Ticket removed = bench.remove(web, false);
  CHECK(bench.answered(removed));
  CHECK(bench.heard() == Lines{"web remove"});
  CHECK(bench.timers().empty());
  CHECK(bench.alive() == 2);
  bench.exit(101, 0);
  CHECK(bench.heard().empty());
  CHECK(bench.faults == Lines{});
}

TEST_CASE("rm without a stop while it starts: nobody is kept waiting") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  auto config = Bench::config("web", 100, "slow");
  const WatcherId web = bench.add(config);
  const Ticket start = bench.start(web);
  const Ticket kill = bench.kill(web);
  bench.settle();
  bench.remove(web, false);
  CHECK(bench.answered(start));
  CHECK(bench.answered(kill));
  bench.run_for(60s);
  CHECK(bench.world.settled());
  CHECK_FALSE(bench.world.wants_spawn());
  CHECK(bench.faults == Lines{});
}

TEST_CASE("rm of a watcher with a hold leaves no timer") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  bench.hold(web, {.by = "x", .until = bench.now + 600s});
  bench.remove(web);
  bench.settle();
  CHECK(bench.timers().empty());
  CHECK(bench.world.settled());
}

TEST_CASE("rm of a stopped watcher is done at once") {
  Bench bench;
  const WatcherId web = bench.add(Bench::config("web"));
  CHECK(bench.answered(bench.remove(web)));
  CHECK(bench.world.settled());
}

TEST_CASE("what is asked of a watcher that is gone or on its way out is refused, and nobody waits") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  const auto config = bench.watcher(web).config();
  bench.remove(web);
  for (int round = 0; round < 2; ++round) {
    for (const Kind kind : {Kind::start, Kind::stop, Kind::restart, Kind::reload}) {
      CHECK(bench.error(bench.run(web, kind)) == "the watcher is gone");
    }
    CHECK(bench.error(bench.kill(web)) == "the watcher is gone");
    CHECK(bench.error(bench.remove(web)) == "the watcher is gone");
    CHECK(bench.error(bench.remove(web, false)) == "the watcher is gone");
    const Ticket update = bench.next_ticket();
    bench.world.update(web, config, 1, true, update, bench.now);
    bench.hold(web, {.by = "x"});
    bench.unhold(web, 0, "x");
    CHECK(bench.error(update) == "the watcher is gone");
    CHECK(bench.answered(bench.run_all({web}, Kind::reload)));
    bench.run_for(10s);
  }
  CHECK(bench.alive() == 0);
  CHECK(bench.world.settled());
}

TEST_CASE("a watcher whose configuration is bad cannot be started, and says why") {
  Bench bench;
  auto config = Bench::config("bad");
  config.error = "circus.ini:7: numprocesses is no number";
  const WatcherId bad = bench.add(config);
  CHECK(bench.error(bench.start(bad)) == "bad cannot run: circus.ini:7: numprocesses is no number");
  const WatcherId good = bench.add(Bench::config("good"));
  const Ticket all = bench.run_all({bad, good}, Kind::reload);
  bench.settle();
  CHECK(bench.error(all) == "");
  CHECK(bench.pids(good).size() == 1);
}

// ---- several watchers at once

TEST_CASE("an operation on several watchers is answered once, when the last is done") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const WatcherId a = bench.add_started(Bench::config("a"));
  const WatcherId b = bench.add_started(Bench::config("b", 1, "slow"));
  const Ticket stop = bench.run_all({a, b}, Kind::stop);
  bench.run_for(4s);
  CHECK_FALSE(bench.answered(stop));
  bench.run_for(1s);
  CHECK(bench.result(stop) == Value::object());
  CHECK(bench.answered(bench.run_all({}, Kind::stop)));
}

TEST_CASE("an operation on several watchers tells the first error after the last is done") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 5s};
  const WatcherId a = bench.add(Bench::config("a", 1, "slow")), b = bench.add(Bench::config("b", 1, "slow"));
  const Ticket start = bench.run_all({a, b}, Kind::start);
  bench.settle();
  bench.stop(a);
  bench.run_for(1s);
  CHECK_FALSE(bench.answered(start));
  bench.run_for(10s);
  CHECK(bench.error(start) == "start of a was ended by a stop");
}

TEST_CASE("watchers start by priority, then by name") {
  Bench bench;
  std::vector<WatcherId> ids;
  for (const auto& [name, priority] : std::map<std::string, int>{{"c", 5}, {"a", 0}, {"d", 5}, {"b", 9}}) {
    auto config = Bench::config(name);
    config.priority = priority;
    ids.push_back(bench.add(config));
  }
  bench.run_all(ids, Kind::start);
  bench.settle();
  CHECK(bench.heard() == Lines{"b spawn 101", "b start", "c spawn 102", "c start", "d spawn 103", "d start",
                               "a spawn 104", "a start"});
}

TEST_CASE("autostart = false is left out of the start of all") {
  Bench bench;
  auto config = Bench::config("by-hand");
  config.autostart = false;
  const WatcherId by_hand = bench.add(config), web = bench.add(Bench::config("web"));
  bench.world.start_autostart(bench.next_ticket(), bench.now);
  bench.settle();
  CHECK(bench.pids(by_hand).empty());
  CHECK(bench.pids(web).size() == 1);
}

TEST_CASE("the global warmup_delay lies between the starts of watchers, counted from the end of each") {
  Bench bench({.warmup_delay = 2s});
  bench.programs["slow"] = {.exec_takes = 1s};
  const WatcherId a = bench.add(Bench::config("a", 1, "slow")), b = bench.add(Bench::config("b", 1, "slow"));
  const Ticket start = bench.run_all({a, b}, Kind::start);
  bench.run_for(2999ms);
  CHECK(bench.heard() == Lines{"a spawn 101", "a start"});
  bench.run_for(1s);
  CHECK_FALSE(bench.answered(start));
  bench.run_for(1ms);
  CHECK(bench.heard() == Lines{"b spawn 102", "b start"});
  CHECK(bench.answered(start));
  CHECK(bench.timers().empty());
}

TEST_CASE("a start of all makes no pause for watchers that are up or have no processes") {
  Bench bench({.warmup_delay = 2s});
  const WatcherId up = bench.add_started(Bench::config("a")), up_too = bench.add_started(Bench::config("b"));
  const Ticket start = bench.run_all({up, up_too}, Kind::start);
  CHECK(bench.answered(start));
  CHECK(bench.timers().empty());
  std::vector<WatcherId> empty;
  for (const char* name : {"x", "y", "z"}) empty.push_back(bench.add(Bench::config(name, 0)));
  const Ticket none = bench.run_all(empty, Kind::start);
  bench.run_until_quiet();
  CHECK(bench.answered(none));
}

TEST_CASE("a watcher that cannot start does not hold up those behind it") {
  Bench bench({.warmup_delay = 1s});
  bench.programs["missing"] = {.exec_error = ENOENT};
  auto config = Bench::config("a", 1, "missing");
  config.max_retry = -1;
  const WatcherId a = bench.add(config), b = bench.add(Bench::config("b"));
  bench.run_all({a, b}, Kind::start);
  bench.run_for(1s);
  CHECK(bench.pids(b).size() == 1);
}

TEST_CASE("a watcher that is stopped before its turn in the start of all is not started") {
  Bench bench({.warmup_delay = 10s});
  const WatcherId a = bench.add(Bench::config("a")), b = bench.add(Bench::config("b")),
                  c = bench.add(Bench::config("c"));
  const Ticket start = bench.run_all({a, b, c}, Kind::start);
  bench.run_for(1s);
  bench.stop(b);
  CHECK_FALSE(bench.answered(start));
  bench.remove(c);
  CHECK(bench.error(start) == "start of b was ended by a stop");
  CHECK(bench.timers().empty());
  bench.run_for(60s);
  CHECK(bench.pids(b).empty());
}

TEST_CASE("a second start of all comes after the first and both are answered") {
  Bench bench({.warmup_delay = 1s});
  const WatcherId a = bench.add(Bench::config("a")), b = bench.add(Bench::config("b")),
                  c = bench.add(Bench::config("c"));
  const Ticket one = bench.run_all({a, b, c}, Kind::start);
  const Ticket two = bench.run_all({a, c}, Kind::start);
  bench.run_for(60s);
  CHECK(bench.error(one) == "");
  CHECK(bench.error(two) == "");
  CHECK(bench.spawns == 3);
  CHECK(bench.timers().empty());
}
