#include <cerrno>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

TEST_CASE("a graceful reload starts the new processes, then stops the old ones, the oldest first") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  const Ticket reload = bench.reload(web);
  bench.settle();
  CHECK(bench.heard() == Lines{"web spawn 103", "web spawn 104", "web kill 101", "web kill 102",
                               "web reap 101 -15", "web reap 102 -15", "web reload"});
  CHECK(bench.result(reload) == replaced({101, 102}, {103, 104}));
  CHECK(bench.timers().empty());
}

TEST_CASE("a graceful reload of a singleton stops the old process before the new one starts") {
  Bench bench;
  auto config = Bench::config("web");
  config.singleton = true;
  const WatcherId web = bench.add_started(config);
  const Ticket reload = bench.reload(web);
  bench.settle();
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -15", "web spawn 102", "web reload"});
  CHECK(bench.answered(reload));
}

TEST_CASE("a sequential reload stops, waits and starts, one after the other") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  const Ticket reload = bench.reload_sequential(web);
  bench.settle();
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -15", "web spawn 103", "web kill 102",
                               "web reap 102 -15", "web spawn 104", "web reload"});
  CHECK(bench.result(reload) == replaced({101, 102}, {103, 104}));
  CHECK(bench.timers().empty());
}

TEST_CASE("a sequential reload pauses for warmup_delay, but not after the last") {
  Bench bench;
  auto config = Bench::config("web", 2);
  config.warmup_delay = 2s;
  const WatcherId web = bench.add(config);
  bench.start(web);
  bench.run_for(10s);
  bench.heard();
  const Ticket reload = bench.reload_sequential(web);
  bench.run_for(1999ms);
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 101 -15", "web spawn 103"});
  bench.run_for(1ms);
  CHECK(bench.heard() == Lines{"web kill 102", "web reap 102 -15", "web spawn 104", "web reload"});
  CHECK(bench.answered(reload));
  bench.run_for(60s);
  CHECK(bench.timers().empty());
}

TEST_CASE("a reload that is not graceful is a restart") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  const Ticket reload = bench.run(web, Kind::reload, false);
  bench.settle();
  CHECK(bench.heard() == Lines{"web kill 101", "web kill 102", "web reap 101 -15", "web reap 102 -15",
                               "web stop", "web spawn 103", "web spawn 104", "web start"});
  CHECK(bench.result(reload) == replaced({101, 102}, {103, 104}));
}

TEST_CASE("a reload with send_hup is SIGHUP to each process and no kill event") {
  Bench bench;
  auto config = Bench::config("hup", 2);
  config.send_hup = true;
  const WatcherId hup = bench.add_started(config);
  const Ticket reload = bench.reload(hup);
  bench.settle();
  CHECK(bench.heard() == Lines{"hup reload"});
  CHECK(bench.result(reload) == replaced({}, {}, {101, 102}));
  CHECK(bench.process(101)->signals == std::vector{SIGHUP});
  CHECK(bench.process(102)->signals == std::vector{SIGHUP});
}

TEST_CASE("a reload that is not graceful restarts even with send_hup") {
  Bench bench;
  auto config = Bench::config("hup");
  config.send_hup = true;
  const WatcherId hup = bench.add_started(config);
  bench.run(hup, Kind::reload, false);
  bench.settle();
  CHECK(bench.pids(hup) == std::vector{102});
}

TEST_CASE("a reload of a stopped watcher starts it") {
  Bench bench;
  const WatcherId web = bench.add(Bench::config("web"));
  const Ticket reload = bench.reload(web);
  bench.settle();
  CHECK(bench.heard() == Lines{"web spawn 101", "web start", "web reload"});
  CHECK(bench.result(reload) == replaced({}, {101}));
}

TEST_CASE("a graceful reload makes no warm-up pause") {
  Bench bench;
  auto config = Bench::config("web", 3);
  config.warmup_delay = 2s;
  const WatcherId web = bench.add(config);
  bench.start(web);
  bench.run_for(10s);
  const Ticket reload = bench.reload(web);
  bench.settle();
  CHECK(bench.answered(reload));
}

TEST_CASE("wids are the lowest free numbers: a graceful reload of 4 gives 5 to 8, the next 1 to 4 again") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 4));
  CHECK(bench.wids(web) == std::vector{1, 2, 3, 4});
  bench.reload(web);
  bench.settle();
  CHECK(bench.wids(web) == std::vector{5, 6, 7, 8});
  bench.reload(web);
  bench.settle();
  CHECK(bench.wids(web) == std::vector{1, 2, 3, 4});
  bench.reload_sequential(web);
  bench.settle();
  CHECK(bench.wids(web) == std::vector{1, 2, 3, 4});
}

TEST_CASE("a replacement gets the wid of the process that it replaces") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 3));
  bench.exit(102);
  CHECK(bench.wids(web) == std::vector{1, 2, 3});
}

TEST_CASE("a reload whose new processes cannot start leaves the old ones as they are") {
  Bench bench;
  auto config = Bench::config("web", 2, "good");
  config.max_retry = 2;
  const WatcherId web = bench.add_started(config);
  bench.programs["good"] = {.exec_error = ENOENT};
  const Ticket reload = bench.reload(web);
  bench.run_for(10s);
  CHECK(bench.error(reload) ==
        "reload of web: exec good: No such file or directory; the old processes go on");
  CHECK(bench.pids(web) == std::vector{101, 102});
  CHECK(bench.heard() == Lines{"web spawn_failed 1", "web spawn_failed 2"});
  CHECK(bench.timers().empty());

  bench.programs.erase("good");
  const Ticket again = bench.reload(web);
  bench.settle();
  CHECK(bench.error(again) == "");
  CHECK(bench.pids(web).size() == 2);
}

TEST_CASE("a reload whose new processes start only in part stops these and leaves the old ones") {
  Bench bench;
  auto config = Bench::config("web", 3, "good");
  config.max_retry = 1;
  const WatcherId web = bench.add_started(config);
  const Ticket reload = bench.reload(web);
  bench.world.spawn_some(2, bench.now);
  bench.perform();
  bench.programs["good"] = {.exec_error = EAGAIN};
  bench.run_for(10s);
  CHECK(bench.error(reload).find("the old processes go on") != std::string::npos);
  CHECK(bench.pids(web) == std::vector{101, 102, 103});
  CHECK(bench.alive() == 3);
  bench.programs.erase("good");
  bench.exit(101, 1);
  CHECK(bench.pids(web).size() == 3);
}

TEST_CASE("a sequential reload stops at the first process that cannot be started") {
  Bench bench;
  auto config = Bench::config("web", 3, "good");
  config.max_retry = 1;
  const WatcherId web = bench.add_started(config);
  bench.programs["good"] = {.exec_error = ENOENT};
  const Ticket reload = bench.reload_sequential(web);
  bench.run_for(60s);
  CHECK(bench.error(reload) ==
        "reload of web: exec good: No such file or directory; the processes not yet replaced go on");
  CHECK(bench.pids(web) == std::vector{102, 103});
}

TEST_CASE("a crash during a sequential reload is replaced once and not reloaded again") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 3, "slow"));
  const Ticket reload = bench.reload_sequential(web);
  bench.exit(103, 1);
  bench.run_for(10s);
  CHECK(bench.error(reload) == "");
  CHECK(bench.heard() == Lines{"web kill 101", "web reap 103 1", "web spawn 104", "web reap 101 -15",
                               "web spawn 105", "web kill 102", "web reap 102 -15", "web spawn 106",
                               "web reload"});
}

TEST_CASE("a sequential reload replaces processes that would not come back by themselves") {
  Bench bench;
  auto config = Bench::config("web", 2);
  config.respawn = false;
  const WatcherId web = bench.add_started(config);
  const Ticket reload = bench.reload_sequential(web);
  bench.settle();
  CHECK(bench.result(reload) == replaced({101, 102}, {103, 104}));
}

TEST_CASE("a stop ends a reload, and all go: the old and the new") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 2, "slow"));
  const Ticket reload = bench.reload(web);
  bench.settle();
  CHECK(bench.alive() == 4);
  const Ticket stop = bench.stop(web);
  bench.run_for(2s);
  CHECK(bench.error(reload) == "reload of web was ended by a stop");
  CHECK(bench.error(stop) == "");
  CHECK(bench.alive() == 0);
  CHECK(bench.watcher(web).slots().empty());
}

TEST_CASE("a change of options that wants a reload gets one, unless the watcher is down or going down") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  auto changed = bench.watcher(web).config();
  changed.cmd = "slow --better";
  bench.world.update(web, changed, 2, true, bench.next_ticket(), bench.now);
  bench.run_for(1s);
  CHECK(bench.heard() == Lines{"web updated", "web updated", "web spawn 102", "web kill 101",
                               "web reap 101 -15", "web reload"});
  CHECK(bench.process(102)->spec.argv == Lines{"slow", "--better"});

  bench.stop(web);
  bench.world.update(web, changed, 1, true, bench.next_ticket(), bench.now);
  bench.run_for(10s);
  CHECK(bench.watcher(web).state() == State::stopped);
  bench.world.update(web, changed, 1, true, bench.next_ticket(), bench.now);
  bench.run_for(10s);
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.answers() == 5);
}

TEST_CASE("a changed stream redirects each process that there is, and replaces none") {
  Bench bench;
  auto config = Bench::config("web", 2);
  config.stdout_stream.options["filename"] = "log-$(circus.wid)";
  const WatcherId web = bench.add_started(config);
  config.stdout_stream.options["max_bytes"] = "1000";
  config.stderr_stream.options["filename"] = "errors";  // there was none: it needs new processes
  bench.world.update(web, config, 2, false, bench.next_ticket(), bench.now);
  bench.settle();
  CHECK(bench.heard() == Lines{"web updated", "web updated"});
  REQUIRE(bench.redirects.size() == 2);
  for (const Redirect& redirect : bench.redirects) {
    CHECK(redirect.output == Output::out);
    CHECK(redirect.capture.settings.max_bytes == 1000);
    CHECK(redirect.capture.settings.filename == "log-" + std::to_string(redirect.capture.wid));
  }
  CHECK(bench.redirects[0].capture.wid != bench.redirects[1].capture.wid);
  bench.world.update(web, config, 1, false, bench.next_ticket(), bench.now);
  CHECK(bench.redirects.size() == 2);
}

TEST_CASE("two graceful reloads never have more than twice the processes") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const WatcherId web = bench.add_started(Bench::config("web", 3, "slow"));
  bench.reload(web);
  bench.reload(web);
  for (int i = 0; i < 100; ++i) {
    bench.run_for(100ms);
    CHECK(bench.alive() <= 6);
  }
  bench.run_for(60s);
  CHECK(bench.alive() == 3);
}

TEST_CASE("a reload that fails keeps new processes in the places of old ones that died meanwhile") {
  Bench bench;
  auto config = Bench::config("web", 3, "good");
  config.max_retry = 1;
  const WatcherId web = bench.add_started(config);
  bench.programs["good"] = {.exec_takes = 1s};
  bench.reload(web);
  bench.world.spawn_some(2, bench.now);
  bench.perform();
  bench.programs["good"] = {.exec_error = EAGAIN, .exec_takes = 2s};
  bench.settle();
  bench.exit(101, 1);
  bench.run_for(10s);
  CHECK(bench.pids(web) == std::vector{102, 103, 104});
  CHECK(bench.alive() == 3);
}

TEST_CASE("a reload that fails keeps those that run before those that are being stopped") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  auto config = Bench::config("web", 2, "slow");
  config.max_retry = 1;
  const WatcherId web = bench.add_started(config);
  bench.kill(web, {.pids = {101}, .signum = {}, .grace = {}});
  bench.programs["slow"] = {.exec_error = ENOENT, .exec_takes = 1s};
  bench.reload(web);
  bench.settle();
  bench.resize(web, 1);
  bench.run_for(60s);
  CHECK(bench.pids(web) == std::vector{102});
  CHECK(bench.watcher(web).slots().size() == 1);
}

TEST_CASE("a graceful reload fills the places of processes that exited for good") {
  Bench bench;
  auto config = Bench::config("once", 3);
  config.respawn = false;
  const WatcherId once = bench.add_started(config);
  bench.exit(102);
  bench.reload(once);
  bench.settle();
  CHECK(bench.pids(once) == std::vector{104, 105, 106});
}
