
#include <algorithm>
#include <csignal>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

namespace {

/// A watcher whose hooks have the targets "py.NAME".
conf::WatcherConfig hooked(std::vector<std::string> hooks, int numprocesses = 1) {
  auto config = Bench::config("web", numprocesses);
  for (const std::string& hook : hooks) config.hooks[hook] = {"py." + hook, false};
  return config;
}

/// The command `stats --extended`.
Ticket ask_stats(Bench& bench, WatcherId id) {
  Value info = Value::object();
  for (const int pid : bench.watcher(id).pids()) {
    info.set(std::to_string(pid), Value::object().set("pid", pid));
  }
  const Ticket ticket = bench.next_ticket();
  bench.world.extend_stats(id, Value::object().set("info", info), ticket, bench.now);
  bench.perform();
  return ticket;
}

const std::vector<std::string> all_but_stats = {
    "after_reap",  "after_signal",  "after_spawn",  "after_start",  "after_stop",
    "before_reap", "before_signal", "before_spawn", "before_start", "before_stop"};

}  // namespace

TEST_CASE("hooks and events come in the order of Circus") {
  Bench bench;
  const auto web = bench.add(hooked(all_but_stats));
  const auto start = bench.start(web);
  bench.run_for(0s);
  CHECK(bench.heard() == Lines{"web hook_success before_start", "web hook_success before_spawn",
                               "web hook_success after_spawn", "web spawn 101",
                               "web hook_success after_start", "web start"});
  CHECK(bench.error(start).empty());
  const auto stop = bench.stop(web);
  bench.run_for(0s);
  CHECK(bench.heard() == Lines{"web hook_success before_stop", "web hook_success before_signal",
                               "web hook_success after_signal", "web kill 101",
                               "web hook_success before_reap", "web reap 101 -15",
                               "web hook_success after_reap", "web stop", "web hook_success after_stop"});
  CHECK(bench.error(stop).empty());
  CHECK(bench.world.settled());
}

TEST_CASE("hooks get the arguments of Circus") {
  Bench bench;
  const auto web = bench.add_started(hooked(all_but_stats));
  bench.stop(web);
  bench.run_for(0s);
  CHECK(bench.asked == Lines{"before_start", "before_spawn", "after_spawn pid 101", "after_start",
                             "before_stop", "before_signal pid 101 signum 15",
                             "after_signal pid 101 signum 15", "before_reap process_pid 101",
                             "after_reap process_pid 101 exit_code -15 process_status 2", "after_stop"});
}

TEST_CASE("a process that dies by itself is reaped and replaced between its hooks") {
  Bench bench;
  bench.add_started(hooked({"after_reap", "before_reap", "before_spawn"}));
  bench.exit(101, 3);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web hook_success before_reap", "web reap 101 3",
                               "web hook_success after_reap", "web hook_success before_spawn",
                               "web spawn 102"});
}

TEST_CASE("before_start that says no leaves the watcher stopped without a stop event") {
  Bench bench;
  bench.hooks["py.before_start"].yes = false;
  const auto web = bench.add(hooked({"after_stop", "before_start", "before_stop"}));
  const auto start = bench.start(web);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web hook_success before_start"});
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK_FALSE(bench.watcher(web).wanted());
  CHECK(bench.error(start).empty());
  CHECK(*bench.result(start).find("error") == Value("hook before_start said no"));
  CHECK(bench.timers().empty());
}

TEST_CASE("a hook that raises says no, unless it may fail") {
  for (const bool may_fail : {false, true}) {
    CAPTURE(may_fail);
    Bench bench;
    bench.hooks["py.before_start"].error = "hook says no";
    auto config = hooked({"before_start"});
    config.hooks["before_start"].ignore_errors = may_fail;
    const auto web = bench.add(config);
    bench.start(web);
    bench.run_for(0s);
    CHECK(bench.heard().front() == "web hook_failure before_start");
    CHECK(bench.notes.front() == "web: Hook 'before_start' failed: hook says no");
    CHECK((bench.watcher(web).state() == State::active) == may_fail);
  }
}

TEST_CASE("before_spawn that says no stops the watcher") {
  Bench bench;
  bench.hooks["py.before_spawn"].yes = false;
  const auto web = bench.add(hooked({"before_spawn"}));
  const auto start = bench.start(web);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web hook_success before_spawn", "web stop"});
  CHECK(bench.error(start).empty());
  CHECK(*bench.result(start).find("started") == Value::array());
}

TEST_CASE("before_spawn that says no to a replacement stops what else runs") {
  Bench bench;
  const auto web = bench.add_started(hooked({"before_spawn"}, 2));
  bench.hooks["py.before_spawn"].yes = false;
  bench.exit(101, 1);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web reap 101 1", "web hook_success before_spawn", "web kill 102",
                               "web reap 102 -15", "web stop"});
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK_FALSE(bench.watcher(web).wanted());
}

TEST_CASE("after_spawn that says no ends the process, which was never told of, and stops the watcher") {
  Bench bench;
  bench.hooks["py.after_spawn"].yes = false;
  const auto web = bench.add(hooked({"after_spawn"}));
  bench.start(web);
  bench.run_for(1s);
  CHECK(bench.heard() ==
        Lines{"web hook_success after_spawn", "web kill 101", "web reap 101 -15", "web stop"});
}

TEST_CASE("a process that exits while after_spawn runs is told of first") {
  Bench bench;
  bench.hooks["py.after_spawn"].takes = 1s;
  auto config = hooked({"after_spawn"});
  config.respawn = false;
  const auto web = bench.add(config);
  bench.start(web);
  bench.run_for(500ms);
  bench.exit(101, 0);
  CHECK(bench.heard().empty());
  bench.run_for(1s);
  CHECK(bench.heard() ==
        Lines{"web hook_success after_spawn", "web spawn 101", "web reap 101 0", "web start", "web stop"});
}

TEST_CASE("after_start that says no stops the watcher before it was active") {
  Bench bench;
  bench.hooks["py.after_start"].yes = false;
  const auto web = bench.add(hooked({"after_start"}));
  bench.start(web);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web spawn 101", "web hook_success after_start", "web kill 101",
                               "web reap 101 -15", "web stop"});
}

TEST_CASE("a graceful reload of a stopped watcher ends with its event when a hook refuses the start") {
  for (const std::string hook : {"before_start", "before_spawn", "after_start"}) {
    CAPTURE(hook);
    Bench bench;
    bench.hooks["py." + hook].yes = false;
    const auto web = bench.add(hooked({hook}));
    const auto ticket = bench.reload(web);
    bench.run_for(1s);
    const Lines heard = bench.heard();
    REQUIRE_FALSE(heard.empty());
    CHECK(heard.back() == "web reload");
    CHECK(bench.error(ticket).empty());
    CHECK(bench.watcher(web).state() == State::stopped);
  }
}

TEST_CASE("a signal that before_signal refuses is not sent, but SIGKILL is") {
  Bench bench;
  bench.hooks["py.before_signal"].yes = false;
  auto config = hooked({"after_signal", "before_signal"});
  config.graceful_timeout = 1s;
  const auto web = bench.add_started(config);
  bench.stop(web);
  bench.run_for(2s);
  CHECK(bench.heard() == Lines{"web hook_success before_signal", "web kill 101",
                               "web hook_success before_signal", "web hook_success after_signal",
                               "web kill 101", "web reap 101 -9", "web stop"});
}

TEST_CASE("children get the signal that before_signal refused for their parent") {
  Bench bench;
  bench.hooks["py.before_signal"].yes = false;
  auto config = hooked({"before_signal"});
  config.stop_children = true;
  config.graceful_timeout = 1s;
  const auto web = bench.add_started(config);
  bench.stop(web);
  bench.run_for(2s);
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.alive() == 0);
}

TEST_CASE("the grace begins when the stop signal goes out") {
  Bench bench;
  bench.programs["sleeper"].ignores_stop = true;
  bench.hooks["py.before_stop"].takes = 5s;
  auto config = hooked({"before_stop"});
  config.graceful_timeout = 2s;
  const auto web = bench.add_started(config);
  bench.stop(web);
  bench.run_for(4s);
  CHECK(bench.process(101)->signals.empty());
  bench.run_for(2s);
  CHECK(bench.process(101)->signals == std::vector<int>{SIGTERM});
  bench.run_for(2s);
  CHECK(bench.watcher(web).state() == State::stopped);
}

TEST_CASE("the command signal asks the hooks too and is answered when they have answered") {
  Bench bench;
  bench.hooks["py.before_signal"].takes = 1s;
  const auto web = bench.add_started(hooked({"after_signal", "before_signal"}));
  const auto signal = bench.signal(web, SIGHUP);
  CHECK_FALSE(bench.answered(signal));
  bench.run_for(2s);
  CHECK(bench.answered(signal));
  CHECK(bench.heard() == Lines{"web hook_success before_signal", "web hook_success after_signal"});
}

TEST_CASE("a hook that outlives hook_timeout is ended and has failed") {
  Bench bench;
  bench.hooks["py.before_start"].takes = 60s;
  auto config = hooked({"before_start"});
  config.hook_timeout = 1500ms;
  const auto web = bench.add(config);
  const auto start = bench.start(web);
  bench.run_for(1400ms);
  CHECK(bench.watcher(web).state() == State::starting);
  bench.run_for(200ms);
  CHECK(bench.heard() == Lines{"web hook_failure before_start"});
  CHECK(bench.hooks_running().empty());
  CHECK(*bench.result(start).find("error") ==
        Value("hook before_start failed: it did not return within hook_timeout, 1.5 s"));
}

TEST_CASE("a slow hook holds up its own watcher and nobody else") {
  Bench bench({.warmup_delay = 10ms});
  bench.hooks["py.before_start"].takes = 20s;
  auto slow = hooked({"before_start"});
  slow.priority = 5;
  const auto web = bench.add(slow);
  const auto other = bench.add(Bench::config("other"));
  bench.world.start_autostart(0, bench.now);
  bench.run_for(1s);
  CHECK(bench.watcher(web).state() == State::starting);
  CHECK(bench.watcher(other).state() == State::active);
  bench.restart(other);
  bench.run_for(0s);
  CHECK(bench.watcher(other).state() == State::active);
}

TEST_CASE("a stop waits for before_start and then runs the hooks of a stop") {
  Bench bench;
  bench.hooks["py.before_start"].takes = 5s;
  const auto web = bench.add(hooked({"after_stop", "before_start", "before_stop"}));
  const auto start = bench.start(web);
  bench.run_for(1s);
  const auto stop = bench.stop(web);
  CHECK(bench.error(start) == "start of web was ended by a stop");
  bench.run_for(1s);
  CHECK_FALSE(bench.answered(stop));
  bench.run_for(5s);
  CHECK(bench.answered(stop));
  CHECK(bench.heard() == Lines{"web hook_success before_start", "web hook_success before_stop", "web stop",
                               "web hook_success after_stop"});
}

TEST_CASE("a stop while before_start says no has nothing to stop") {
  Bench bench;
  bench.hooks["py.before_start"] = {.yes = false, .takes = 5s};
  const auto web = bench.add(hooked({"after_stop", "before_start", "before_stop"}));
  bench.start(web);
  const auto stop = bench.stop(web);
  bench.run_for(6s);
  CHECK(bench.answered(stop));
  CHECK(bench.heard() == Lines{"web hook_success before_start"});
}

TEST_CASE("a quit waits for hooks, and a second one ends them") {
  Bench bench;
  bench.hooks["py.before_stop"].takes = 20s;
  bench.add_started(hooked({"after_stop", "before_stop"}));
  bench.quit();
  bench.run_for(10s);
  CHECK_FALSE(bench.left);
  bench.world.hurry(bench.now);
  bench.settle();
  CHECK(bench.left);
  CHECK(bench.hooks_running().empty());
  CHECK(bench.alive() == 0);
  CHECK(bench.timers().empty());
  CHECK(bench.faults == Lines{});
}

TEST_CASE("a quit waits for after_stop") {
  Bench bench;
  bench.hooks["py.after_stop"].takes = 3s;
  bench.add_started(hooked({"after_stop"}));
  bench.quit();
  bench.run_for(2s);
  CHECK_FALSE(bench.left);
  bench.run_for(2s);
  CHECK(bench.left);
}

TEST_CASE("a restart waits for after_stop before it asks before_start") {
  Bench bench;
  bench.hooks["py.after_stop"].takes = 2s;
  const auto web = bench.add_started(hooked({"after_stop", "before_start"}));
  const auto restart = bench.restart(web);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -15", "web stop"});
  bench.run_for(2s);
  CHECK(bench.heard() ==
        Lines{"web hook_success after_stop", "web hook_success before_start", "web spawn 102", "web start"});
  CHECK(bench.error(restart).empty());
}

TEST_CASE("extended stats are completed by the hook, process by process") {
  Bench bench;
  bench.hooks["py.extended_stats"].stats = Value::object().set("requests", 42);
  const auto web = bench.add_started(hooked({"extended_stats"}, 2));
  const auto info = [](int pid) { return Value::object().set("pid", pid); };
  const Value reply = Value::object()
                          .set("name", "web")
                          .set("info", Value::object().set("101", info(101)).set("102", info(102)));
  const Ticket ticket = bench.next_ticket();
  bench.world.extend_stats(web, reply, ticket, bench.now);
  bench.perform();
  bench.run_for(0s);
  CHECK(bench.heard().empty());
  CHECK(*bench.result(ticket).find("info")->find("101")->find("requests") == Value(42));
  CHECK(*bench.result(ticket).find("info")->find("102")->find("requests") == Value(42));

  bench.hooks["py.extended_stats"].error = "no";
  const Ticket failing = bench.next_ticket();
  bench.world.extend_stats(web, reply, failing, bench.now);
  bench.perform();
  bench.run_for(0s);
  CHECK(bench.error(failing) == "hook extended_stats of web: no");
  CHECK(bench.watcher(web).state() == State::active);
}

TEST_CASE("stats of a watcher that is gone by now, or has no such hook any more, are answered as they are") {
  Bench bench;
  const auto web = bench.add_started(hooked({"before_stop"}));
  const Value reply = Value::object().set("name", "web").set("info", Value::object());
  const auto answer = [&] {
    const Ticket ticket = bench.next_ticket();
    bench.world.extend_stats(web, reply, ticket, bench.now);
    bench.perform();
    return bench.result(ticket);
  };
  CHECK(answer() == reply);
  bench.world.remove(web, false, 0, bench.now);
  bench.perform();
  CHECK(answer() == reply);
}

TEST_CASE("a stop waits for the hook that runs, and ends the commands that wait for hooks") {
  Bench bench;
  bench.hooks["py.extended_stats"].takes = bench.hooks["py.before_signal"].takes = 1s;
  const auto web = bench.add_started(hooked({"after_signal", "before_signal", "extended_stats"}, 6));
  const Ticket stats = ask_stats(bench, web), more = ask_stats(bench, web);
  const Ticket signal = bench.signal(web, SIGHUP);
  bench.run_for(500ms);
  const auto stop = bench.stop(web);
  CHECK(bench.error(stats) == "stats of web was ended by a stop");
  CHECK(bench.error(more) == "stats of web was ended by a stop");
  CHECK(bench.error(signal) == "signal of web was ended by a stop");
  bench.run_for(7s);  // the rest of one, and before_signal of the stop for each process
  CHECK(bench.answered(stop));
  CHECK(std::count(bench.asked.begin(), bench.asked.end(), "after_signal pid 101 signum 1") == 0);
}

TEST_CASE("a stop while before_signal runs for a command takes that signal back, and only that") {
  Bench bench;
  bench.hooks["py.before_signal"] = {.yes = false, .takes = 1s};
  const auto web = bench.add_started(hooked({"after_signal", "before_signal"}));
  const Ticket signal = bench.signal(web, SIGHUP);
  const auto stop = bench.stop(web);
  CHECK(bench.error(signal) == "signal of web was ended by a stop");
  bench.run_for(1500ms);
  CHECK(bench.process(101)->signals.empty());
  bench.run_for(60s);
  CHECK(bench.answered(stop));
  CHECK(std::count(bench.asked.begin(), bench.asked.end(), "before_signal pid 101 signum 1") == 1);
  CHECK(std::count(bench.asked.begin(), bench.asked.end(), "before_signal pid 101 signum 15") == 1);
}

TEST_CASE("64 commands of a watcher wait for its hooks, and the next one is refused") {
  Bench bench;
  bench.hooks["py.before_signal"].takes = 5s;
  const auto web = bench.add_started(hooked({"before_signal", "extended_stats"}));
  for (int i = 0; i < 63; ++i) bench.signal(web, SIGHUP);
  const Ticket last = ask_stats(bench, web);
  const std::string refusal =
      "signal of web is refused: 64 commands wait for its hooks, and no more may; a stop ends them all";
  for (int i = 0; i < 3; ++i) CHECK(bench.error(bench.signal(web, SIGHUP)) == refusal);
  CHECK_FALSE(bench.answered(last));
  CHECK(std::count(bench.notes.begin(), bench.notes.end(), refusal) == 1);
  bench.run_for(63 * 5s);
  CHECK(bench.error(last).empty());
  CHECK_FALSE(bench.answered(bench.signal(web, SIGHUP)));
}

TEST_CASE("who asks for stats again and again holds up no respawn and no restart") {
  Bench bench;
  bench.hooks["py.extended_stats"].takes = 1s;
  const auto web = bench.add_started(hooked({"extended_stats"}, 2));
  for (int i = 0; i < 5; ++i) ask_stats(bench, web);
  bench.exit(101, 3);
  bench.run_for(1s);
  CHECK(bench.watcher(web).pids() == std::vector<int>{102, 103});
  const auto restart = bench.restart(web);
  bench.run_for(3s);  // a process is asked about wherever the restart waits
  CHECK(bench.answered(restart));
  CHECK(bench.watcher(web).pids() == std::vector<int>{104, 105});
}

TEST_CASE("a hook that is taken away while it waits counts as one that said yes") {
  Bench bench;
  bench.hooks["py.before_start"].takes = 2s;
  const auto web = bench.add(hooked({"before_start", "before_spawn"}));
  bench.start(web);
  bench.run_for(1s);
  auto config = bench.watcher(web).config();
  config.hooks.clear();
  bench.world.update(web, config, 1, false, 0, bench.now);
  bench.run_for(2s);
  CHECK(bench.watcher(web).state() == State::active);
}

TEST_CASE("rm without a stop ends the hook that runs") {
  Bench bench;
  bench.hooks["py.before_stop"].takes = 20s;
  const auto web = bench.add_started(hooked({"before_stop"}));
  bench.stop(web);
  const auto removed = bench.remove(web, false);
  CHECK(bench.answered(removed));
  CHECK(bench.hooks_running().empty());
  CHECK(bench.timers().empty());
}

TEST_CASE("processes of a watcher with spawn hooks start one after the other") {
  Bench bench;
  bench.programs["sleeper"].exec_takes = 1s;
  bench.add(hooked({"after_spawn"}, 3));
  bench.world.start_autostart(0, bench.now);
  bench.run_for(500ms);
  CHECK(bench.alive() == 1);
  bench.run_for(3s);
  CHECK(bench.alive() == 3);
}
