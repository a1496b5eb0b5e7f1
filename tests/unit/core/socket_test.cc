#include "daemon/core/make_spec.h"
#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

namespace {

ManagedSockets three_sockets() {
  ManagedSocket web, local, own;
  web.config.name = "web";
  local.config.name = "local";
  own.config.name = "own";
  own.config.so_reuseport = true;
  return ManagedSockets({own, web, local});
}

conf::WatcherConfig on_demand(std::string name, std::string cmd, int numprocesses = 1) {
  conf::WatcherConfig config = Bench::config(std::move(name), numprocesses, std::move(cmd));
  config.on_demand = true;
  config.use_sockets = true;
  return config;
}

const std::set<std::string> nothing;

}  // namespace

TEST_CASE("shared sockets have the numbers from 3 on by name, and what so_reuseport gives comes behind") {
  conf::WatcherConfig config = Bench::config("a", 1, "run $(circus.sockets.web)");
  config.args.text = "$(circus.sockets.OWN) ((circus.sockets.local)) $(circus.sockets.none)";
  config.use_sockets = true;
  const auto spec = make_spec(config, 1, {}, three_sockets());
  REQUIRE(spec);
  CHECK(spec->argv == std::vector<std::string>{"run", "4", "5", "3", "$(circus.sockets.none)"});
  CHECK(spec->sockets == std::vector<GivenSocket>{{"local"}, {"web"}, {"own", true}});
  CHECK_FALSE(spec->stdin_socket);
}

TEST_CASE("a process that does not name a socket of so_reuseport gets none of it") {
  conf::WatcherConfig config = Bench::config("a", 1, "run");
  config.use_sockets = true;
  CHECK(make_spec(config, 1, {}, three_sockets())->sockets == std::vector<GivenSocket>{{"local"}, {"web"}});
}

TEST_CASE("without use_sockets a process inherits no socket but its standard input") {
  conf::WatcherConfig config = Bench::config("a", 1, "run $(circus.sockets.web)");
  config.stdin_socket = "Web";
  const auto spec = make_spec(config, 1, {}, three_sockets());
  REQUIRE(spec);
  CHECK(spec->sockets.empty());
  CHECK(spec->stdin_socket == GivenSocket{"web"});
  CHECK(spec->in == Stdio::inherit);
}

TEST_CASE("a stdin_socket that there is not fails the start and names it") {
  conf::WatcherConfig config = Bench::config("a", 1, "run");
  config.stdin_socket = "nosuch";
  const auto spec = make_spec(config, 1, {}, three_sockets());
  REQUIRE_FALSE(spec);
  CHECK(spec.error().text == "stdin_socket: there is no [socket:nosuch]");
}

TEST_CASE("an on_demand watcher waits for the sockets that it names, else for all that it inherits") {
  const ManagedSockets sockets = three_sockets();
  CHECK(sockets.awaited_by(on_demand("a", "run $(circus.sockets.web)")) == Lines{"web"});
  CHECK(sockets.awaited_by(on_demand("a", "run")) == Lines{"local", "web"});
  CHECK(sockets.awaited_by(on_demand("a", "run $(circus.sockets.own)")).empty());
  conf::WatcherConfig by_input = Bench::config("a");
  by_input.stdin_socket = "local";
  CHECK(sockets.awaited_by(by_input) == Lines{"local"});
  CHECK(sockets.awaited_by(Bench::config("a")).empty());
}

TEST_CASE("an on_demand watcher starts when somebody connects, and waits again when its processes are gone") {
  Bench bench;
  bench.open_sockets({"web", "other"});
  const WatcherId web = bench.add(on_demand("web", "run $(circus.sockets.web)", 2));
  CHECK(bench.watched_sockets == nothing);
  const Ticket start = bench.start(web);
  CHECK(bench.result(start) == started({}));
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.watched_sockets == std::set<std::string>{"web"});
  CHECK(bench.watcher(web).awaited_sockets() == Lines{"web"});

  CHECK(bench.connect("web"));
  bench.settle();
  CHECK(bench.watcher(web).awaited_sockets().empty());
  CHECK(bench.heard() == Lines{"web spawn 101", "web spawn 102", "web start"});
  CHECK(bench.watched_sockets == nothing);
  bench.exit(101);
  CHECK(bench.pids(web) == std::vector{102});
  bench.exit(102);
  CHECK(bench.heard() == Lines{"web reap 101 0", "web reap 102 0", "web stop"});
  CHECK(bench.watched_sockets == std::set<std::string>{"web"});
  CHECK(bench.timers().empty());
  CHECK(bench.faults.empty());
}

TEST_CASE("an on_demand watcher that is stopped by hand stays stopped until it is started by hand") {
  Bench bench;
  bench.open_sockets({"web"});
  const WatcherId web = bench.add(on_demand("web", "run"));
  bench.start(web);
  bench.stop(web);
  CHECK(bench.watched_sockets == nothing);
  bench.start(web);
  bench.connect("web");
  bench.settle();
  CHECK(bench.pids(web) == std::vector{101});
  bench.stop(web);
  bench.settle();
  CHECK(bench.watched_sockets == nothing);
  CHECK(bench.watcher(web).state() == State::stopped);
}

TEST_CASE("a restart of an on_demand watcher stops it, and it waits") {
  Bench bench;
  bench.open_sockets({"web"});
  const WatcherId web = bench.add(on_demand("web", "run"));
  bench.start(web);
  bench.connect("web");
  bench.settle();
  const Ticket restart = bench.restart(web);
  bench.settle();
  CHECK(bench.result(restart) == replaced({101}, {}));
  CHECK(bench.watched_sockets == std::set<std::string>{"web"});
}

TEST_CASE("a graceful reload of an on_demand watcher that runs replaces its processes") {
  Bench bench;
  bench.open_sockets({"web"});
  const WatcherId web = bench.add(on_demand("web", "run", 2));
  bench.start(web);
  bench.connect("web");
  bench.settle();
  const Ticket reload = bench.reload_sequential(web);
  bench.settle();
  CHECK(bench.result(reload) == replaced({101, 102}, {103, 104}));
}

TEST_CASE("of watchers that share a socket all start, others do not") {
  Bench bench;
  bench.open_sockets({"a", "b"});
  for (const char* name : {"one", "two"}) bench.start(bench.add(on_demand(name, "run $(circus.sockets.a)")));
  const WatcherId both = bench.add(on_demand("both", "run"));
  const WatcherId other = bench.add(on_demand("other", "run $(circus.sockets.b)"));
  bench.start(both);
  bench.start(other);
  bench.connect("a");
  bench.settle();
  CHECK(bench.pids(both).size() == 1);
  CHECK(bench.pids(other).empty());
  CHECK(bench.alive() == 3);
  CHECK(bench.watched_sockets == std::set<std::string>{"b"});
  CHECK(bench.world.audit().empty());
}

TEST_CASE("a program that never takes the connection is not started for it again and again") {
  Bench bench;
  bench.open_sockets({"web"});
  bench.programs["run"] = Program{.lives = 1ms, .exit_code = 1};
  const WatcherId web = bench.add(on_demand("web", "run"));
  bench.start(web);
  const Instant before = bench.now;
  while (bench.now < before + 10s) {
    if (!bench.connect("web")) bench.run_for(10ms);
    bench.settle();
  }
  CHECK(bench.spawns <= 31);
  CHECK(bench.spawns >= 25);
  REQUIRE(bench.notes.size() == 1);
  CHECK(bench.notes[0] == "web: its processes exit as soon as they start; from now on one start a second");
}

TEST_CASE("an on_demand watcher that has no socket says so, and waits for nothing") {
  Bench bench;
  conf::WatcherConfig config = on_demand("web", "run");
  config.use_sockets = false;
  bench.open_sockets({"web"});
  bench.start(bench.add(config));
  CHECK(bench.watched_sockets == nothing);
  REQUIRE(bench.notes.size() == 1);
  CHECK(bench.notes[0].starts_with("web: on_demand, but there is no socket to wait for"));
}

TEST_CASE("sockets that come later are waited for, those that go are not") {
  Bench bench;
  bench.start(bench.add(on_demand("web", "run")));
  CHECK(bench.watched_sockets == nothing);
  bench.open_sockets({"a"});
  CHECK(bench.watched_sockets == std::set<std::string>{"a"});
  bench.open_sockets({"b"});
  CHECK(bench.watched_sockets == std::set<std::string>{"b"});
}

TEST_CASE("a removed, given up or ended on_demand watcher waits for nothing") {
  Bench bench;
  bench.open_sockets({"web"});
  const WatcherId gone = bench.add(on_demand("gone", "run"));
  bench.start(gone);
  bench.remove(gone);
  CHECK(bench.watched_sockets == nothing);

  conf::WatcherConfig config = on_demand("broken", "missing");
  config.max_retry = 1;
  bench.programs["missing"] = Program{.exec_error = 2};
  const WatcherId broken = bench.add(config);
  bench.start(broken);
  bench.connect("web");
  bench.run_until_quiet();
  CHECK(bench.watcher(broken).gave_up());
  CHECK(bench.watched_sockets == nothing);
  bench.start(broken);
  CHECK(bench.watched_sockets == std::set<std::string>{"web"});

  bench.quit();
  bench.settle();
  CHECK(bench.watched_sockets == nothing);
  CHECK(bench.left);
  CHECK(bench.faults.empty());
}
