#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "daemon/service.h"
#include "lib/json/reader.h"
#include "lib/json/writer.h"
#include "lib/loop/deferred.h"
#include "lib/loop/loop.h"
#include "lib/loop/timer_watch.h"
#include "lib/wire/context.h"
#include "tests/support/fake_ports.h"

namespace troupe {

/// The daemon's service on real sockets; what is made up are the processes, the clock and the keeper. Pids
/// are 101, 102 …; a program named "missing" is not found, one named "stubborn" dies of SIGKILL only. Time
/// stands still until advance().
///
/// Everything runs on one loop, that of the test: until() turns it until something is so.
class Stage final : public Host {
 public:
  explicit Stage(conf::ArbiterConfig config = {});

  /// A socket of a client, connected and watched.
  struct Client {
    Client(Stage& stage, wire::Kind kind, const std::string& endpoint,
           const wire::SocketOptions& options = {});
    void on_message(wire::Frames& frames);

    Stage& stage;
    wire::Socket socket;
    std::deque<wire::Frames> got;
    wire::ZmqWatch watch;
  };

  std::string control_endpoint() const { return router_.last_endpoint(); }
  std::string events_endpoint() const { return publisher_.last_endpoint(); }
  const wire::Context& context() const { return context_; }
  Arbiter& arbiter() { return service_.arbiter(); }
  const Events& events() const { return service_.events(); }
  EventBus& bus() { return service_.bus(); }
  FakeClock& clock() { return clock_; }

  /// Turns the loop until the condition holds; a test that waits for ever fails.
  template <class Condition>
  void until(Condition condition) {
    guard_.set_in(20s);
    while (!condition()) {
      REQUIRE_FALSE_MESSAGE(late_, "nothing came in 20 s");
      loop_.run();
    }
    guard_.cancel();
  }
  /// Until nothing is started, stopped or waited for any more but by the clock.
  void settle();

  /// The reply as JSON.
  Value call(Client& client, const std::string& request);

  // ---- what happens outside
  void exit(int pid, int status) {
    happenings_.push_back({Happening::exited, 0, pid, status}), pump_.schedule();
  }
  /// Rings what is due meanwhile.
  void advance(Duration duration);

  void acknowledge(int) override {}
  void want_turn() override { turn_.schedule(); }
  void reread() override { reread_.schedule(); }
  Result<core::NewConfig> read_config() override { return core::NewConfig{}; }
  Result<void> take_config(const conf::Config&) override { return {}; }
  void quit() override { left = true; }
  /// What becomes of requests that come when the loop of the daemon has ended. Waits for the first.
  void turn_away_rest() {
    REQUIRE(router_.wait(10s));
    service_.turn_away_rest(1s);
  }

  bool left = false;                      ///< the daemon would be gone now
  std::vector<conf::WatcherConfig> file;  ///< what a restart reads

 private:
  struct Happening {
    enum Kind { spawned, failed, exited, tree_gone } kind;
    core::ProcessId process;
    int pid = 0;
    int status = 0;
  };
  /// Answers as the kernel would, a turn of the loop later.
  class Kernel final : public Spawner {
   public:
    explicit Kernel(Stage& stage) : stage_(stage) {}
    void spawn(const core::Spawn& spawn) override;
    void call_off(core::ProcessId) override {}  // every start of its goes on
    int signal(const core::Signal& signal) override;
    core::ProcessId on_exit(const Exit& exit) override;

   private:
    struct Process {
      core::ProcessId id;
      bool stubborn;
    };
    Stage& stage_;
    std::map<int, Process> processes_;
    int last_pid_ = 100;
  };

  void on_turn();
  void on_reread();
  void on_pump();
  void on_late();
  void happen(const Happening& happening);
  static wire::Socket open(const wire::Context& context, wire::Kind kind, const wire::SocketOptions& options);

  loop::Loop loop_;
  wire::Context context_;
  wire::Socket router_, publisher_;
  conf::ArbiterConfig config_;
  FakeClock clock_;
  FakeOutputs outputs_;
  FakeAlarms alarms_;
  FakeSockets sockets_;
  Journal journal_;
  FakeHooks hooks_{journal_};
  Kernel kernel_{*this};
  std::deque<Happening> happenings_;
  loop::Deferred turn_, reread_, pump_;
  loop::TimerWatch guard_;
  bool late_ = false;
  Service service_;
  json::Reader reader_;
};

}  // namespace troupe
