#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/ports.h"

namespace troupe {

/// What was asked of the ports, in the order it came: "spawn 1", "publish watcher.web.reap", "ack 101".
using Journal = std::vector<std::string>;

/// Stands still until the test moves it. Monotonic 1000 s are 1,700,000,000.5 s since 1970.
class FakeClock final : public Clock {
 public:
  static constexpr double first_wall = 1700000000.5;
  Instant time = Instant{} + 1000s;

  Instant now() const override { return time; }
  double wall(Instant at) const override { return first_wall + to_seconds(at - (Instant{} + 1000s)); }
  Instant monotonic(double wall) const override {
    return Instant{} + 1000s + from_seconds(wall - first_wall);
  }
};

/// Knows the pids that the test gives to processes; spawns and signals are written down and nothing else.
class FakeSpawner final : public Spawner {
 public:
  explicit FakeSpawner(Journal& journal) : journal_(journal) {}

  std::vector<core::Spawn> spawns;
  std::vector<core::Signal> signals;
  std::map<int, core::ProcessId> pids;  ///< of processes of ours
  int signal_error = 0;                 ///< what signal() answers

  void spawn(const core::Spawn& spawn) override {
    journal_.push_back("spawn " + std::to_string(spawn.process));
    spawns.push_back(spawn);
  }
  void call_off(core::ProcessId process) override {
    journal_.push_back("call off " + std::to_string(process));
  }
  int signal(const core::Signal& signal) override {
    journal_.push_back("signal " + std::to_string(signal.signum) + " to " + std::to_string(signal.pid));
    signals.push_back(signal);
    return signal_error;
  }
  core::ProcessId on_exit(const Exit& exit) override {
    const auto found = pids.find(exit.pid);
    if (found == pids.end()) return 0;
    const core::ProcessId process = found->second;
    pids.erase(found);
    return process;
  }

 private:
  Journal& journal_;
};

/// Captures nothing; the drains are written down where a test wants them.
class FakeOutputs final : public Outputs, public Logs {
 public:
  Journal* journal = nullptr;
  core::Tails lines{core::Tails::Bounds{}};

  int open(const core::Spawn&, OutputEnds&) override { return 0; }
  void on_cloned(core::ProcessId, int) override {}
  void redirect(const core::Redirect&) override {}
  void on_exit(core::ProcessId process) override {
    if (journal) journal->push_back("drain " + std::to_string(process));
  }
  const core::Tails& tails() const override { return lines; }
  Result<void> follow(core::Ticket, const core::LogQuery&, Instant) override {
    return make_error(Code::refused, "nothing comes");
  }
};

class FakeAlarms final : public Alarms {
 public:
  std::map<core::TimerKey, Instant> times;

  void set(const core::TimerKey& key, Instant at) override {
    times.erase(key);
    if (at != core::never) times.emplace(key, at);
  }
};

class FakeSockets final : public SocketWatch {
 public:
  std::vector<core::WatchSocket> watches;

  void watch(const core::WatchSocket& watch) override { watches.push_back(watch); }
};

/// Hooks that say yes when the test says so; what was asked is written down.
class FakeHooks final : public Hooks {
 public:
  explicit FakeHooks(Journal& journal) : journal_(journal) {}

  void run(const core::RunHook& hook) override {
    journal_.push_back("hook " + std::string(to_text(hook.hook)) + " " + std::to_string(hook.id));
  }
  void cancel(core::HookId hook) override { journal_.push_back("cancel hook " + std::to_string(hook)); }
  void end(core::WatcherId watcher) override { journal_.push_back("end hooks " + std::to_string(watcher)); }
  void on_spawned(core::ProcessId, int pid) override {
    journal_.push_back("hook spawned " + std::to_string(pid));
  }
  void on_spawn_failed(core::ProcessId, const SpawnFailure&) override {
    journal_.push_back("hook spawn failed");
  }
  void on_exit(core::ProcessId, const Exit& exit) override {
    journal_.push_back("hook exited " + std::to_string(exit.pid));
  }

 private:
  Journal& journal_;
};

class FakeBus final : public EventBus {
 public:
  explicit FakeBus(Journal& journal) : journal_(journal) {}

  bool full = false;
  std::vector<Value> data;

  Result<void> check_room() const override {
    if (full) return make_error(Code::limit, "full");
    return {};
  }
  std::uint64_t publish(std::string_view topic, const Value& payload) override {
    journal_.push_back("publish " + std::string(topic));
    data.push_back(payload);
    return data.size();
  }

 private:
  Journal& journal_;
};

class FakeCallers final : public Callers {
 public:
  explicit FakeCallers(Journal& journal) : journal_(journal) {}

  void settle(const core::Settle& settle) override {
    journal_.push_back("settle " + std::to_string(settle.ticket) +
                       (settle.error ? ": " + settle.error->text : ""));
  }

 private:
  Journal& journal_;
};

class FakeHost final : public Host {
 public:
  explicit FakeHost(Journal& journal) : journal_(journal) {}

  void acknowledge(int pid) override { journal_.push_back("ack " + std::to_string(pid)); }
  void want_turn() override { journal_.push_back("want turn"); }
  void reread() override { journal_.push_back("reread"); }
  Result<core::NewConfig> read_config() override { return core::NewConfig{}; }
  Result<void> take_config(const conf::Config&) override { return {}; }
  void quit() override { journal_.push_back("quit"); }

 private:
  Journal& journal_;
};

}  // namespace troupe
