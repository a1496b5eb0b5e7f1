#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/reload_plan.h"
#include "daemon/core/world.h"
#include "tests/unit/core/lines.h"

namespace troupe::core {

using Kind = Operation::Kind;
using State = Watcher::State;

/// What processes of a command do in the fake kernel.
struct Program {
  int exec_error = 0;             ///< exec fails with this errno
  Duration exec_takes{};          ///< from the Spawn to its report
  bool ignores_stop = false;      ///< of all signals only SIGKILL ends it
  Duration stop_takes{};          ///< from a signal to the exit
  Duration lives{};               ///< exits by itself at that age; 0 = never
  int exit_code = 0;              ///< with this status
  int descendants = 0;            ///< how many processes it starts itself
  bool descendants_stay = false;  ///< these ignore all but SIGKILL
  bool waits_for_user =
      false;  ///< its start waits for a lookup, and can be called off until exec_takes are over
  bool untouchable = false;  ///< another user's: the process itself can be sent no signal
};

/// What hooks of a target do.
struct HookPlay {
  bool yes = true;
  Duration takes{};
  std::optional<std::string> error{};
  Value stats{};
};

/// A world with everything it needs around it: a clock that moves when the test says so, timers, a kernel
/// whose processes obey their Program, and a record of what was published and answered.
///
/// Time stands still within settle(); run_for() moves it from one thing that happens to the next.
class Bench {
 public:
  explicit Bench(World::Settings settings = {}) : world(settings) {}

  struct Process {
    ProcessId id = 0;
    int pid = 0;
    std::string watcher_cmd;
    SpawnSpec spec;
    Program program;
    bool reported = false;  ///< the world knows that exec worked
    bool alive = true;
    bool dying = false;
    int watches = 0;  ///< how often on_tree_gone is to come
    int owed = 0;     ///< answers on their way
    std::set<int> descendants{};
    std::vector<int> signals{};  ///< what the process itself got
  };

  World world;
  Instant now = Instant{} + 1000s;
  std::map<std::string, HookPlay> hooks;    ///< by target; one that is not here says yes at once
  std::map<std::string, Program> programs;  ///< by argv[0]; a name that is not here is an ordinary process

  // ---- watchers and operations; the ticket of each is its answer's key
  static conf::WatcherConfig config(std::string name, int numprocesses = 1, std::string cmd = "sleeper");
  WatcherId add(conf::WatcherConfig config);
  WatcherId add_started(conf::WatcherConfig config);
  Ticket run(WatcherId watcher, Operation::Kind kind, bool graceful = true, bool sequential = false);
  Ticket start(WatcherId watcher) { return run(watcher, Operation::Kind::start); }
  Ticket stop(WatcherId watcher) { return run(watcher, Operation::Kind::stop); }
  Ticket restart(WatcherId watcher) { return run(watcher, Operation::Kind::restart); }
  Ticket reload(WatcherId watcher) { return run(watcher, Operation::Kind::reload); }
  Ticket reload_sequential(WatcherId watcher) { return run(watcher, Operation::Kind::reload, true, true); }
  Ticket run_all(std::vector<WatcherId> watchers, Operation::Kind kind);
  Ticket resize(WatcherId watcher, int numprocesses);
  Ticket kill(WatcherId watcher, Watcher::KillOrder order = {});
  Ticket remove(WatcherId watcher, bool stop = true);
  Ticket quit();
  Ticket restart_arbiter();
  /// The configuration now has these watchers; the ticket is that of a reloadconfig that waits.
  Ticket reload_config(std::vector<conf::WatcherConfig> watchers);
  Ticket signal(WatcherId watcher, int signum);
  Ticket next_ticket() { return ++last_ticket_; }
  void hold(WatcherId watcher, Hold hold);
  void unhold(WatcherId watcher, int wid, const std::string& by);

  // ---- what happens outside
  /// The daemon holds these sockets of TCP.
  void open_sockets(const std::vector<std::string>& names);
  /// Somebody connects; false: nobody watches.
  bool connect(const std::string& socket);
  /// A process ends by itself; the world has not heard of it yet.
  void crash(int pid, int status);
  /// The same, and what follows from it.
  void exit(int pid, int status = 0);
  void perform();
  bool turn();
  void settle();
  void run_for(Duration duration);
  /// Until no timer is set and no answer is under way, at most that long.
  void run_until_quiet(Duration limit = 3600s);

  // ---- what came of it
  std::vector<Redirect> redirects;
  const Watcher& watcher(WatcherId id) const;
  const Watcher* find(const std::string& name) const { return world.find(name); }
  std::vector<int> pids(WatcherId id) const;  ///< of its running processes, oldest first
  std::vector<int> wids(WatcherId id) const;  ///< of its running processes, sorted
  int alive() const;                          ///< processes and descendants in the kernel
  Process* process(int pid);
  /// "web spawn 101", "web reap 101 -15", "web start", "arbiter stopping": since the last call.
  std::vector<std::string> heard() { return std::exchange(heard_, {}); }
  bool answered(Ticket ticket) const { return answers_.count(ticket) > 0; }
  Value result(Ticket ticket) const {
    return answered(ticket) ? answers_.at(ticket).result : Value("no answer");
  }
  /// The text of the error, "" for success, "no answer".
  std::string error(Ticket ticket) const;
  std::size_t answers() const { return answers_.size(); }
  const std::map<TimerKey, Instant>& timers() const { return timers_; }
  const std::map<HookId, RunHook>& hooks_running() const { return hooks_running_; }
  const std::map<ProcessId, Process>& processes() const { return processes_; }
  std::vector<std::string> notes;  ///< warnings and errors for the log
  /// Broken promises of the world, in words.
  std::vector<std::string> faults;
  std::vector<std::string> asked;         ///< "before_signal pid 101 signum 15", with the arguments
  std::set<std::string> watched_sockets;  ///< of WatchSocket
  int rereads = 0;
  bool left = false;          ///< Quit was said
  std::set<ProcessId> ended;  ///< processes of which nothing more is to be told
  std::size_t spawns = 0, reaps = 0, untold_reaps = 0, failures = 0;
  std::size_t spawns_in_turn = 0, most_in_flight = 0;

 private:
  struct Answer {
    enum class Kind { exec_report, exit, tree_gone, signalled, stray, hook } kind;
    ProcessId process;
    int number = 0;  ///< exit: status; signalled: pid
    int signum = 0;
  };

  void carry_out(const Spawn& effect);
  void carry_out(const Redirect& effect) { redirects.push_back(effect); }
  void carry_out(const CallOff& effect);
  void carry_out(const Signal& effect);
  void carry_out(const WakeAt& effect);
  void carry_out(const Publish& effect);
  void carry_out(const Settle& effect);
  void carry_out(const Note& effect) {
    if (effect.level >= Note::Level::warning) notes.push_back(effect.text);
  }
  void carry_out(const Reread&) { ++rereads; }
  void carry_out(const WatchSocket& effect);
  void carry_out(const RunHook& effect);
  void carry_out(const CancelHook& effect);
  void carry_out(const EndHooks&) {}
  void carry_out(const Quit&) { left = true; }
  void schedule(Instant at, const Answer& answer);
  void answer(const Answer& answer);
  bool report_exec(Process& process);
  Instant next_at() const;
  void die(Process& process, int status);
  void check_tree(Process& process);

  std::map<HookId, RunHook> hooks_running_;
  std::map<ProcessId, Process> processes_;  ///< those whose end the world has not seen
  std::map<int, ProcessId> by_pid_;
  std::multimap<Instant, Answer> answers_due_;
  std::map<TimerKey, Instant> timers_;
  std::set<std::pair<Instant, TimerKey>> timers_due_;
  std::map<Ticket, Settle> answers_;
  std::vector<std::string> heard_;
  std::map<int, bool> lives_;  ///< spawned → not reaped yet
  Ticket last_ticket_ = 0;
  int last_pid_ = 100;
  std::size_t in_flight_ = 0, after_spawns_ = 0;
};

}  // namespace troupe::core
