#include <cerrno>
#include <map>

#include "tests/unit/core/bench.h"
#include "tests/unit/core/lines.h"

using namespace troupe;
using namespace troupe::core;

using Kind = Operation::Kind;
using State = Watcher::State;

namespace {

conf::WatcherConfig plugin(std::string name) {
  auto config = Bench::config("plugin:" + name);
  config.plugin = name;
  return config;
}

int count(const Lines& lines, std::string_view what) {
  int found = 0;
  for (const std::string& line : lines) found += line.find(what) != std::string::npos;
  return found;
}

}  // namespace

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
  CHECK(bench.error(bench.start(bad)) == "bad: circus.ini:7: numprocesses is no number");
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

// ---- quit

TEST_CASE("quit stops the watchers, then the plugins, then says stopping, answers and leaves") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  bench.add_started(Bench::config("web", 1, "slow"));
  bench.add_started(plugin("logger"));
  const Ticket quit = bench.quit(), again = bench.quit();
  bench.run_for(4s);
  CHECK(bench.heard() == Lines{"web kill 101"});
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web reap 101 -15", "web stop", "plugin:logger kill 102",
                               "plugin:logger reap 102 -15", "plugin:logger stop", "arbiter stopping"});
  CHECK(bench.left);
  CHECK(bench.answered(quit));
  CHECK(bench.answered(again));
  CHECK(bench.answered(bench.quit()));
}

TEST_CASE("quit with nothing to stop leaves at once") {
  Bench bench;
  bench.add(Bench::config("web"));
  CHECK(bench.answered(bench.quit()));
  CHECK(bench.left);
}

TEST_CASE("quit during the start of 1,000 with a warm-up: nothing is spawned afterwards, everything stops") {
  Bench bench({.warmup_delay = 1s});
  auto config = Bench::config("big", 1000);
  config.warmup_delay = 10ms;
  const WatcherId big = bench.add(config), other = bench.add(Bench::config("other", 50));
  const Ticket start = bench.run_all({big, other}, Kind::start);
  bench.run_for(2s);
  const std::size_t spawned = bench.processes().size();
  CHECK(spawned == 201);
  const Ticket quit = bench.quit();
  CHECK(bench.answered(start));
  bench.run_for(60s);
  CHECK(bench.answered(quit));
  CHECK(bench.left);
  CHECK(bench.spawns == spawned);
  CHECK(bench.reaps == spawned);
  CHECK(bench.alive() == 0);
  CHECK(bench.timers().empty());
}

TEST_CASE("quit while processes wait in the queue and for exec") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 1s};
  bench.start(bench.add(Bench::config("big", 1000, "slow")));
  bench.settle();
  CHECK(bench.processes().size() == 64);
  bench.quit();
  bench.run_for(60s);
  CHECK(bench.left);
  CHECK(bench.spawns == 64);
  CHECK(bench.reaps == 64);
  CHECK(bench.faults == Lines{});
}

TEST_CASE("quit while a watcher retries") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  auto config = Bench::config("web", 1, "missing");
  config.max_retry = -1;
  bench.start(bench.add(config));
  bench.run_for(10s);
  CHECK(bench.answered(bench.quit()));
  CHECK(bench.left);
  CHECK(bench.timers().empty());
}

TEST_CASE("hurry kills all that is left, the plugins too") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  bench.add_started(Bench::config("web", 2, "stubborn"));
  auto slow_plugin = plugin("slow");
  slow_plugin.cmd = "stubborn";
  bench.add_started(slow_plugin);
  bench.world.hurry(bench.now);
  CHECK(bench.alive() == 3);  // only while quitting
  bench.quit();
  bench.run_for(1s);
  CHECK(bench.alive() == 3);
  bench.world.hurry(bench.now);
  bench.world.hurry(bench.now);
  bench.settle();
  CHECK(bench.alive() == 0);
  CHECK(bench.left);
  CHECK(count(bench.heard(), "kill 101") == 2);
}

TEST_CASE("hurry reaches a process that is still on its way through exec") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 60s, .ignores_stop = true};
  bench.start(bench.add(Bench::config("web", 1, "slow")));
  bench.settle();
  bench.quit();
  bench.world.hurry(bench.now);
  bench.run_for(120s);
  CHECK(bench.left);
  CHECK(bench.alive() == 0);
  CHECK(bench.faults == Lines{});
}

TEST_CASE("nothing begins while the world ends") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  const WatcherId down = bench.add(Bench::config("down"));
  bench.quit();
  for (const Kind kind : {Kind::start, Kind::restart, Kind::reload}) {
    CHECK(bench.error(bench.run(down, kind)) == "arbiter is stopping...");
    CHECK(bench.error(bench.run(web, kind)) == "arbiter is stopping...");
    CHECK(bench.error(bench.run_all({web, down}, kind)) == "arbiter is stopping...");
  }
  CHECK(bench.error(bench.resize(web, 5)) == "arbiter is stopping...");
  CHECK(bench.error(bench.restart_arbiter()) == "arbiter is stopping...");
  CHECK_FALSE(bench.world.add(Bench::config("late"), true, bench.now));
  const Ticket stop = bench.stop(web), kill = bench.kill(web);
  bench.run_for(60s);
  CHECK(bench.left);
  CHECK(bench.answered(stop));
  CHECK(bench.answered(kill));
  CHECK(bench.spawns == 1);
}

// ---- restart of the arbiter

TEST_CASE("a restart of the arbiter stops everything, asks for the configuration and starts what it says") {
  Bench bench;
  bench.add_started(Bench::config("web", 2));
  bench.add_started(plugin("logger"));
  bench.hold(bench.find("web")->id(), {.by = "x", .until = bench.now + 600s});
  bench.heard();
  const Ticket restart = bench.restart_arbiter(), again = bench.restart_arbiter();
  bench.settle();
  CHECK(bench.rereads == 1);
  CHECK(bench.alive() == 0);
  CHECK_FALSE(bench.answered(restart));
  auto by_hand = Bench::config("by-hand");
  by_hand.autostart = false;
  bench.programs["slow"] = {.exec_takes = 1s};
  bench.world.on_reread(std::vector{Bench::config("fresh", 1, "slow"), by_hand}, bench.now);
  bench.settle();
  CHECK_FALSE(bench.answered(restart));
  bench.run_for(1s);
  CHECK(bench.error(restart) == "");
  CHECK(bench.error(again) == "");
  CHECK_FALSE(bench.find("web"));
  CHECK(bench.pids(bench.find("fresh")->id()).size() == 1);
  CHECK(bench.find("by-hand")->state() == State::stopped);
  CHECK_FALSE(bench.world.restarting());
  CHECK(bench.timers().empty());
}

TEST_CASE("a configuration that cannot be used: what was up comes back, and callers hear why") {
  Bench bench;
  auto by_hand = Bench::config("by-hand");
  by_hand.autostart = false;
  const WatcherId hand = bench.add_started(by_hand), web = bench.add_started(Bench::config("web")),
                  down = bench.add(Bench::config("down"));
  const Ticket restart = bench.restart_arbiter();
  bench.settle();
  bench.world.on_reread(make_error(Code::invalid, "demo.ini:3: no such option"), bench.now);
  bench.settle();
  CHECK(bench.error(restart) == "demo.ini:3: no such option");
  CHECK(bench.notes.back() == "the configuration is not used: demo.ini:3: no such option");
  CHECK(bench.pids(hand).size() == 1);
  CHECK(bench.pids(web).size() == 1);
  CHECK(bench.watcher(down).state() == State::stopped);
}

TEST_CASE("while the arbiter restarts nothing begins and nothing is added") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  bench.restart_arbiter();
  CHECK(bench.error(bench.start(web)) == "arbiter is restarting...");
  CHECK(bench.error(bench.run_all({web}, Kind::reload)) == "arbiter is restarting...");
  CHECK_FALSE(bench.world.add(Bench::config("late"), true, bench.now));
  bench.run_for(5s);
  CHECK(bench.rereads == 1);
}

TEST_CASE("a quit wins over a restart of the arbiter, before and after the configuration is asked for") {
  for (const bool asked : {false, true}) {
    Bench bench;
    bench.programs["slow"] = {.stop_takes = 5s};
    bench.add_started(Bench::config("web", 1, "slow"));
    const Ticket restart = bench.restart_arbiter();
    bench.run_for(asked ? 6s : 1s);
    CHECK(bench.rereads == asked);
    const Ticket quit = bench.quit();
    bench.run_for(10s);
    CHECK(bench.error(restart) == "the restart was ended by a stop");
    CHECK(bench.answered(quit));
    CHECK(bench.left);
    bench.world.on_reread(std::vector{Bench::config("late")}, bench.now);
    bench.settle();
    CHECK(bench.spawns == 1);
  }
}

TEST_CASE("a configuration that nobody asked for is not used") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  bench.world.on_reread(std::vector{Bench::config("other")}, bench.now);
  bench.settle();
  CHECK(bench.pids(web).size() == 1);
  CHECK_FALSE(bench.find("other"));
}

TEST_CASE("a restart of the arbiter during the start of all: those to come are started after it") {
  Bench bench({.warmup_delay = 10s});
  const WatcherId a = bench.add(Bench::config("a")), b = bench.add(Bench::config("b"));
  bench.run_all({a, b}, Kind::start);
  bench.run_for(1s);
  bench.restart_arbiter();
  bench.settle();
  CHECK(bench.timers().empty());
  bench.world.on_reread(make_error(Code::invalid, "no"), bench.now);
  bench.run_for(60s);
  CHECK(bench.pids(a).size() == 1);
  CHECK(bench.pids(b).size() == 1);
}
