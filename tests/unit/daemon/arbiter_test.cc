#include "daemon/arbiter.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>

#include "tests/support/fake_ports.h"

using namespace troupe;

namespace {

conf::WatcherConfig watcher(std::string name, int numprocesses = 1) {
  conf::WatcherConfig config;
  config.name = std::move(name);
  config.cmd = "worker";
  config.numprocesses = numprocesses;
  return config;
}

/// An arbiter whose ports write down what is asked of them.
struct Rig {
  Journal journal;
  FakeClock clock;
  FakeSpawner spawner{journal};
  FakeOutputs outputs;
  FakeAlarms alarms;
  FakeSockets sockets;
  FakeHooks hooks{journal};
  FakeBus bus{journal};
  FakeCallers callers{journal};
  FakeHost host{journal};
  Arbiter arbiter{{clock, spawner, outputs, alarms, sockets, hooks, bus, callers, host},
                  core::World::Settings{}};

  Journal said() { return std::exchange(journal, {}); }
  /// The exec of the process that was asked for last worked.
  void lives(int pid) {
    const core::ProcessId process = spawner.spawns.back().process;
    spawner.pids[pid] = process;
    arbiter.on_spawned(process, pid, clock.time);
  }
  void start_one() {
    arbiter.start({watcher("web")});
    arbiter.on_turn();
    lives(101);
    said();
  }
};

}  // namespace

TEST_CASE("a hook goes to its port, and so does what is told of its process") {
  Rig rig;
  auto config = watcher("web");
  config.hooks["before_start"] = {"mod.function", false};
  rig.arbiter.start({config});
  CHECK(rig.said() == Journal{"hook before_start 1"});
  rig.arbiter.on_spawned(hook_process_bit | 1, 77, rig.clock.time);
  rig.spawner.pids[77] = hook_process_bit | 1;
  rig.arbiter.on_exit(Exit{77, 0});
  CHECK(rig.said() == Journal{"hook spawned 77", "hook exited 77", "ack 77"});
  rig.arbiter.on_hook_done(1, {.yes = true});
  CHECK(rig.said() == Journal{"publish watcher.web.hook_success", "want turn"});
  rig.arbiter.on_hook_event("Web One", "ready", Value::object());
  CHECK(rig.said() == Journal{"publish watcher.web_one.ready"});
}

TEST_CASE("a start asks for a turn of the loop, and the turn for the process") {
  Rig rig;
  rig.arbiter.start({watcher("web")});
  CHECK(rig.said() == Journal{"want turn"});
  rig.arbiter.on_turn();
  CHECK(rig.said() == Journal{"spawn 1"});
  rig.lives(101);
  CHECK(rig.said() == Journal{"publish watcher.web.spawn", "publish watcher.web.start"});
}

TEST_CASE("a turn starts sixteen processes and asks for the next one") {
  Rig rig;
  rig.arbiter.start({watcher("web", 20)});
  rig.said();
  rig.arbiter.on_turn();
  CHECK(rig.spawner.spawns.size() == 16);
  CHECK(rig.said().back() == "want turn");
  rig.arbiter.on_turn();
  CHECK(rig.spawner.spawns.size() == 20);
  CHECK(rig.said().back() == "spawn 20");
}

TEST_CASE("a watcher that cannot be added does not keep the others from starting") {
  Rig rig;
  rig.arbiter.start({watcher("web"), watcher("WEB"), watcher("db")});
  CHECK(rig.arbiter.world().watchers().size() == 2);
}

TEST_CASE("an exit is acknowledged when its reap is published, and not before") {
  Rig rig;
  rig.start_one();
  rig.arbiter.on_exit(Exit{101, 3});
  CHECK(rig.said() == Journal{"publish watcher.web.reap", "want turn", "ack 101"});
  CHECK(*rig.bus.data.back().find("exit_code") == Value(3));
}

TEST_CASE("the exit of a process that is not ours is acknowledged and nothing else") {
  Rig rig;
  rig.start_one();
  rig.arbiter.on_exit(Exit{999, 0});
  CHECK(rig.said() == Journal{"ack 999"});
}

TEST_CASE("an event has the wall time at which it happened") {
  Rig rig;
  rig.start_one();
  rig.clock.time += 2500ms;
  rig.arbiter.on_exit(Exit{101, 0});
  CHECK(*rig.bus.data.back().find("time") == Value(FakeClock::first_wall + 2.5));
  rig.clock.time += 1s;
  CHECK(rig.arbiter.publish("mine", Value::object().set("time", 1).set("a", 2)));
  CHECK(rig.bus.data.back() == Value::object().set("a", 2).set("time", FakeClock::first_wall + 3.5));
}

TEST_CASE("neither a client nor a hook says what is the daemon's to say of an event") {
  Rig rig;
  rig.start_one();
  Value forged = Value::object().set("topic", "watcher.db.reap").set("seq", 1).set("pid", 7);
  forged.set("boot", "x").set("time", 1).append("seq", 2);
  const Value left = Value::object().set("pid", 7).set("time", FakeClock::first_wall);
  REQUIRE(rig.arbiter.publish("mine", forged));
  CHECK(rig.bus.data.back() == left);
  rig.arbiter.on_hook_event("web", "ready", forged);
  CHECK(rig.said() == Journal{"publish mine", "publish watcher.web.ready"});
  CHECK(rig.bus.data.back() == left);
}

TEST_CASE("what a client publishes is refused when subscribers do not read; what happens is not") {
  Rig rig;
  rig.start_one();
  rig.bus.full = true;
  const auto seq = rig.arbiter.publish("mine", Value::object());
  REQUIRE_FALSE(seq);
  CHECK(seq.error().code == Code::limit);
  CHECK(rig.said().empty());
  rig.arbiter.on_exit(Exit{101, 0});
  CHECK(rig.said().front() == "publish watcher.web.reap");
}

TEST_CASE("SIGTERM stops, a second one is SIGKILL, and when all is gone the host is told") {
  Rig rig;
  rig.start_one();
  rig.arbiter.on_signal(SIGTERM);
  CHECK(rig.said() == Journal{"publish watcher.web.kill", "signal 15 to 101"});
  CHECK(rig.alarms.times.size() == 1);
  rig.arbiter.on_signal(SIGTERM);
  CHECK(rig.said() == Journal{"publish watcher.web.kill", "signal 9 to 101"});
  rig.arbiter.on_exit(Exit{101, -9});
  CHECK(rig.said() == Journal{"publish watcher.web.reap", "publish watcher.web.stop",
                              "publish arbiter.stopping", "quit", "ack 101"});
  CHECK(rig.alarms.times.empty());
}

TEST_CASE("a signal that comes too late is no trouble for the stop") {
  for (const int error : {ESRCH, EPERM}) {
    CAPTURE(error);
    Rig rig;
    rig.start_one();
    rig.spawner.signal_error = error;
    rig.arbiter.on_signal(SIGINT);
    rig.arbiter.on_exit(Exit{101, 0});
    CHECK(rig.said().back() == "ack 101");
    CHECK_FALSE(rig.arbiter.signal(core::Signal{1, 101, SIGUSR1}) == 0);
  }
}

TEST_CASE("SIGHUP reloads everything, but nothing when the daemon stops") {
  Rig rig;
  rig.start_one();
  rig.arbiter.on_signal(SIGHUP);
  CHECK(rig.said() == Journal{"want turn"});
  rig.arbiter.on_turn();
  CHECK(rig.said() == Journal{"spawn 2"});
  rig.arbiter.on_signal(SIGTERM);
  rig.said();
  rig.arbiter.on_signal(SIGHUP);
  CHECK(rig.said().empty());
}

TEST_CASE("without its keeper the arbiter stops everything") {
  Rig rig;
  rig.start_one();
  rig.arbiter.on_keeper_gone();
  CHECK(rig.said() == Journal{"publish watcher.web.kill", "signal 15 to 101"});
}

TEST_CASE("an alarm goes to the world: SIGKILL after graceful_timeout") {
  Rig rig;
  rig.start_one();
  rig.arbiter.on_signal(SIGTERM);
  rig.said();
  REQUIRE(rig.alarms.times.size() == 1);
  const auto [key, at] = *rig.alarms.times.begin();
  rig.clock.time = at;
  rig.arbiter.on_alarm(key);
  CHECK(rig.said() == Journal{"publish watcher.web.kill", "signal 9 to 101"});
}

TEST_CASE("a restart of everything asks the host to read the configuration, and answers when all is up") {
  Rig rig;
  rig.start_one();
  const core::Ticket ticket = rig.arbiter.new_ticket();
  rig.arbiter.change([&](core::World& world, Instant now) { world.restart_all(ticket, now); });
  rig.arbiter.on_exit(Exit{101, -15});
  CHECK(rig.said() == Journal{"publish watcher.web.kill", "signal 15 to 101", "publish watcher.web.reap",
                              "publish watcher.web.stop", "reread", "ack 101"});
  rig.arbiter.on_reread(std::vector<conf::WatcherConfig>{watcher("db")});
  rig.arbiter.on_turn();
  rig.lives(102);
  CHECK(rig.said() == Journal{"want turn", "spawn 2", "publish watcher.db.spawn", "publish watcher.db.start",
                              "settle " + std::to_string(ticket)});
}

TEST_CASE("a start that fails is published and tried again by an alarm") {
  Rig rig;
  rig.arbiter.start({watcher("web")});
  rig.arbiter.on_turn();
  rig.said();
  rig.arbiter.on_spawn_failed(rig.spawner.spawns.back().process, SpawnFailure{"exec", ENOENT, "worker"});
  CHECK(rig.said() == Journal{"publish watcher.web.spawn_failed"});
  CHECK(*rig.bus.data.back().find("error") == Value("exec worker: No such file or directory"));
  CHECK(rig.alarms.times.size() == 1);
}

TEST_CASE("what a process wrote is written before anybody hears of its exit") {
  Rig rig;
  rig.start_one();
  rig.outputs.journal = &rig.journal;
  rig.arbiter.on_exit(Exit{.pid = 101});
  const Journal said = rig.said();
  REQUIRE(said.size() >= 2);
  CHECK(said[0] == "drain 1");
  CHECK(said[1] == "publish watcher.web.reap");
}

TEST_CASE(
    "output that cannot be written is an event for each watcher it belongs to, and so is the end of that") {
  Rig rig;
  OutputTrouble trouble;
  trouble.target = "/var/log/x";
  trouble.error = 28;
  trouble.text = "write /var/log/x: No space left on device";
  trouble.since = rig.clock.time;
  trouble.of = {{"Web One", core::Output::out}, {"db", core::Output::err}};
  rig.arbiter.on_output_trouble(trouble);
  CHECK(rig.said() == Journal{"publish watcher.web_one.stream_error", "publish watcher.db.stream_error"});
  CHECK(*rig.bus.data.front().find("error") == Value("write /var/log/x: No space left on device"));
  CHECK(*rig.bus.data.back().find("stream") == Value("stderr"));
  trouble.over = true;
  trouble.dropped = 5;
  rig.clock.time += 3s;
  rig.arbiter.on_output_trouble(trouble);
  CHECK(rig.said() ==
        Journal{"publish watcher.web_one.stream_recovered", "publish watcher.db.stream_recovered"});
  CHECK(*rig.bus.data.back().find("seconds") == Value(3.0));
  CHECK(*rig.bus.data.back().find("dropped") == Value(5));
}
