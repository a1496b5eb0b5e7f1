#include <cerrno>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

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
  CHECK(bench.processes().size() == 48);
  bench.quit();
  bench.run_for(60s);
  CHECK(bench.left);
  CHECK(bench.spawns == 48);
  CHECK(bench.reaps == 48);
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
  CHECK_FALSE(bench.world.refusal());
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
