#include <algorithm>
#include <csignal>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

namespace {

/// One process with two descendants.
WatcherId add_tree(Bench& bench, Program program) {
  program.descendants = 2;
  bench.programs["tree"] = program;
  auto config = Bench::config("tree", 1, "tree");
  config.stop_children = true;
  config.graceful_timeout = 5s;
  return bench.add_started(config);
}

}  // namespace

TEST_CASE("stop_children: descendants get the signal too, and each is a kill event") {
  Bench bench;
  const WatcherId tree = add_tree(bench, {.stop_takes = 1s});
  const Ticket stop = bench.stop(tree);
  bench.run_for(1s);
  CHECK(bench.heard() ==
        Lines{"tree kill 101", "tree kill 102", "tree kill 103", "tree reap 101 -15", "tree stop"});
  CHECK(bench.error(stop) == "");
  CHECK(bench.alive() == 0);
  CHECK(bench.timers().empty());
}

TEST_CASE("stop_children: the stop waits for descendants that outlive their leader, until SIGKILL") {
  Bench bench;
  const WatcherId tree = add_tree(bench, {.descendants_stay = true});
  const Ticket stop = bench.stop(tree);
  bench.run_for(4s);
  CHECK(bench.heard() == Lines{"tree kill 101", "tree kill 102", "tree kill 103", "tree reap 101 -15"});
  CHECK_FALSE(bench.answered(stop));
  CHECK(bench.watcher(tree).state() == State::stopping);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"tree kill 102", "tree kill 103", "tree stop"});
  CHECK(bench.error(stop) == "");
  CHECK(bench.alive() == 0);
  CHECK(bench.timers().empty());
}

TEST_CASE("stop_children: a restart begins anew only when the old tree is gone") {
  Bench bench;
  const WatcherId tree = add_tree(bench, {.descendants_stay = true});
  bench.restart(tree);
  bench.run_for(4s);
  CHECK(bench.watcher(tree).process_count() == 1);
  CHECK(bench.pids(tree).empty());
  bench.run_for(1s);
  CHECK(bench.pids(tree) == std::vector{104});
}

TEST_CASE("stop_children: a killed process is replaced when its tree is gone") {
  Bench bench;
  const WatcherId tree = add_tree(bench, {.descendants_stay = true});
  const Ticket kill = bench.kill(tree);
  bench.run_for(4999ms);
  CHECK(bench.pids(tree).empty());
  CHECK_FALSE(bench.answered(kill));
  bench.run_for(1ms);
  CHECK(bench.error(kill) == "");
  CHECK(bench.pids(tree) == std::vector{104});
}

TEST_CASE("without stop_children descendants get nothing but the SIGKILL of a leader that does not go") {
  Bench bench;
  bench.programs["tree"] = {.ignores_stop = true, .descendants = 2};
  auto config = Bench::config("tree", 1, "tree");
  config.graceful_timeout = 5s;
  const WatcherId tree = bench.add_started(config);
  bench.stop(tree);
  bench.run_for(4s);
  CHECK(bench.alive() == 3);
  bench.run_for(1s);
  CHECK(bench.alive() == 0);
  CHECK(bench.heard() == Lines{"tree kill 101", "tree kill 101", "tree reap 101 -9", "tree stop"});
}

TEST_CASE("without stop_children the stop does not wait for descendants") {
  Bench bench;
  bench.programs["tree"] = {.descendants = 2};
  const WatcherId tree = bench.add_started(Bench::config("tree", 1, "tree"));
  const Ticket stop = bench.stop(tree);
  bench.settle();
  CHECK(bench.answered(stop));
  CHECK(bench.alive() == 2);
}

TEST_CASE("stop_children: a leader that crashes by itself is replaced at once") {
  Bench bench;
  const WatcherId tree = add_tree(bench, {});
  bench.exit(101, 1);
  CHECK(bench.heard() == Lines{"tree reap 101 1", "tree spawn 104"});
  CHECK(bench.pids(tree) == std::vector{104});
}

TEST_CASE("hurry kills the tree that is left without a leader") {
  Bench bench;
  const WatcherId tree = add_tree(bench, {.descendants_stay = true});
  const Ticket quit = bench.quit();
  bench.settle();
  CHECK_FALSE(bench.answered(quit));
  bench.world.hurry(bench.now);
  bench.settle();
  CHECK(bench.alive() == 0);
  CHECK(bench.left);
  CHECK(bench.watcher(tree).state() == State::stopped);
}

TEST_CASE("what outlives a stop is shown with its watcher until it ends, and no more than 64 are") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  const WatcherId other = bench.add_started(Bench::config("other"));
  const ProcessId process = bench.process(bench.pids(web).front())->id;
  for (int pid = 1000; pid < 1100; ++pid) bench.world.on_stray(process, pid, bench.now);
  CHECK(bench.watcher(web).strays().size() == max_strays);
  CHECK(bench.watcher(web).strays().front() == 1000);
  CHECK(bench.watcher(other).strays().empty());
  bench.world.on_stray_gone(1000);
  CHECK(bench.watcher(web).strays().front() == 1001);
  bench.world.on_stray(process, 2000, bench.now);
  CHECK(bench.watcher(web).strays().back() == 2000);
  bench.stop(web);
  bench.settle();
  CHECK(bench.watcher(web).strays().size() == max_strays);
  bench.remove(web);
  bench.settle();
  bench.world.on_stray_gone(2000);
  bench.world.on_stray(process, 2001, bench.now);  // of a process that is forgotten
  bench.world.on_stray(bench.process(bench.pids(other).front())->id, 2002, bench.now);
  CHECK(bench.watcher(other).strays() == std::vector<int>{2002});
  CHECK(bench.faults == Lines{});
}

namespace {

/// "web" with one process that the daemon may send no signal.
WatcherId add_untouchable(Bench& bench, bool stop_children) {
  bench.programs["setuid"] = {.descendants = 1, .untouchable = true};
  auto config = Bench::config("web", 1, "setuid");
  config.stop_children = stop_children;
  config.graceful_timeout = 5s;
  return bench.add_started(config);
}

}  // namespace

TEST_CASE("a process that cannot be signalled ends its stop as a stray, and its exit is only taken note of") {
  for (const bool stop_children : {false, true}) {
    CAPTURE(stop_children);
    Bench bench;
    const WatcherId web = add_untouchable(bench, stop_children);
    const int pid = bench.pids(web).front();
    const ProcessId process = bench.process(pid)->id;
    const Ticket stop = bench.stop(web);
    bench.run_for(4s);
    CHECK_FALSE(bench.answered(stop));
    bench.run_for(1s);
    if (stop_children) bench.world.on_tree_gone(process, bench.now);
    bench.settle();
    CHECK(bench.error(stop) == "");
    CHECK(bench.watcher(web).state() == State::stopped);
    CHECK(bench.watcher(web).pids().empty());
    CHECK(bench.watcher(web).strays() == std::vector{pid});
    const auto told = [pid](const std::string& note) {
      return note.find("process " + std::to_string(pid) + " may not be signalled") != std::string::npos;
    };
    CHECK(std::count_if(bench.notes.begin(), bench.notes.end(), told) == 1);
    CHECK(bench.timers().empty());
    bench.heard();
    bench.world.on_exited(process, Exit{pid, 0}, bench.now);
    bench.settle();
    CHECK(bench.heard() == Lines{});
    CHECK(bench.watcher(web).strays().empty());
    CHECK(bench.world.audit() == Lines{});
  }
}

TEST_CASE("hurry and quit do not wait for a process that cannot be signalled") {
  Bench bench;
  const WatcherId web = add_untouchable(bench, false);
  const Ticket quit = bench.quit();
  bench.settle();
  CHECK_FALSE(bench.answered(quit));
  bench.world.hurry(bench.now);
  bench.settle();
  CHECK(bench.error(quit) == "");
  CHECK(bench.left);
  CHECK(bench.watcher(web).strays().size() == 1);
}

TEST_CASE("a restart replaces a process that cannot be signalled, and so does a kill") {
  Bench bench;
  const WatcherId web = add_untouchable(bench, false);
  const int first = bench.pids(web).front();
  bench.restart(web);
  bench.run_for(5s);
  REQUIRE(bench.pids(web).size() == 1);
  const int second = bench.pids(web).front();
  CHECK(second != first);
  const Ticket kill = bench.kill(web, {.pids = {}, .signum = SIGKILL, .grace = {}});
  bench.settle();
  CHECK(bench.error(kill) == "");
  CHECK(bench.pids(web).front() != second);
  CHECK(bench.watcher(web).strays() == std::vector{first, second});
}

TEST_CASE("a running process that got a SIGKILL it cannot be sent runs on and is no stray") {
  Bench bench;
  const WatcherId web = add_untouchable(bench, false);
  const int pid = bench.pids(web).front();
  bench.world.on_stray(bench.process(pid)->id, pid, bench.now);
  bench.settle();
  CHECK(bench.pids(web) == std::vector{pid});
  CHECK(bench.watcher(web).strays().empty());
}
