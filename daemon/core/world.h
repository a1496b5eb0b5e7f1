#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/watcher.h"
#include "lib/base/result.h"
#include "lib/conf/diff.h"

namespace troupe::core {

/// The whole supervisor as a state machine: commands, reports and time go in; effects come out (take()). It
/// makes no system call, reads no clock and does no I/O, so every race is a unit test.
///
/// Who drives it: the arbiter calls one input or operation, takes the effects, carries them out; and, once a
/// turn of its loop, spawn_some() for as long as wants_spawn(). Answers to effects come back as inputs later,
/// never from inside.
///
/// Lives of the world: *running*; *restarting* (everything stops, the configuration is read again, everything
/// starts: Circus's `restart` without a name); *quitting*, which wins over everything and cannot be taken
/// back: first the watchers stop, all at once, then the plugins, so that these hear of every end. Only a
/// running world starts, reloads, changes or adds anything; a ticket for what cannot be done fails at once.
class World {
 public:
  struct Settings {
    Duration warmup_delay{};        ///< between the starts of two watchers
    std::uint64_t seed = 1;         ///< for jitter and max_age_variance
    conf::Variables environment{};  ///< of the daemon, for $(circus.env.NAME)
  };

  static constexpr std::size_t most_reloads = 64;

  explicit World(Settings settings);

  Effects take() { return std::exchange(effects_, {}); }

  // ---- reading
  /// By its name in any case, or by the form that topics have (`plain_one`). Nullptr: there is none.
  const Watcher* find(std::string_view name) const;
  /// Sorted by lower-case name.
  std::vector<const Watcher*> watchers() const;
  std::size_t watcher_count() const { return by_name_.size(); }
  bool quitting() const { return life_ == Life::quitting; }
  const ManagedSockets& sockets() const { return common_.sockets; }
  /// Why nothing new begins now, if so: the arbiter is stopping, or restarting. Code::refused.
  std::optional<Error> refusal() const;
  /// Nothing is being started, stopped or waited for.
  bool settled() const;
  /// Whether all that is counted and cached agrees: each disagreement in words. For tests.
  std::vector<std::string> audit() const;

  // ---- watchers
  /// Adds a stopped watcher. `announce`: publish `add`. Error: the name is taken, or the world is about to
  /// end.
  Result<WatcherId> add(conf::WatcherConfig config, bool announce, Instant now);
  /// Forgets a watcher; with `stop` its processes are stopped first (the name is free at once).
  void remove(WatcherId watcher, bool stop, Ticket ticket, Instant now);
  /// Changes the configuration; one `updated` event for each of `keys`. `reload`: the processes are to be
  /// replaced, if the watcher is up and nobody wants it stopped; else their number is adjusted.
  void update(WatcherId watcher, conf::WatcherConfig config, int keys, bool reload, Ticket ticket,
              Instant now);

  /// Counts from the next pause on.
  void set_warmup_delay(Duration delay) { settings_.warmup_delay = delay; }
  /// What the daemon holds from now on; what runs already keeps what it got.
  void set_sockets(ManagedSockets sockets, Instant now);
  /// Carries out a plan of make_reload_plan, in its order and by the queues of the watchers: what is not in
  /// it keeps its processes. `watchers`: the new configuration's. The ticket gets `{root, restarts, sockets,
  /// watchers}` when all of it is done.
  void reload_config(const conf::Plan& plan, const std::vector<conf::WatcherConfig>& watchers, Ticket ticket,
                     Instant now);

  // ---- operations
  void run(WatcherId watcher, Operation operation, Instant now);
  /// The same operation on several watchers; the ticket is settled when all are done. Starts, reloads and the
  /// second halves of restarts come in order of priority, then name, with warmup_delay between (Circus);
  /// reloads one after the other, of which most_reloads wait at most (Code::limit). One that has trouble
  /// holds up no other, and an operation on one watcher waits for no other. Watchers that are gone or cannot
  /// run (WatcherConfig::error) are left out.
  void run_all(std::vector<WatcherId> watchers, Operation operation, Instant now);
  void start_autostart(Ticket ticket, Instant now);
  void kill(WatcherId watcher, const Watcher::KillOrder& order, Ticket ticket, Instant now);
  void hold(WatcherId watcher, Hold hold, Instant now);
  /// See Watcher::send_signals, extend_stats and renew_hooks.
  void send_signals(WatcherId watcher, const std::vector<Signal>& signals, Ticket ticket, Instant now);
  void extend_stats(WatcherId watcher, Value reply, Ticket ticket, Instant now);
  void renew_hooks(WatcherId watcher);
  void unhold(WatcherId watcher, int wid, const std::string& by, Instant now);
  void restart_all(Ticket ticket, Instant now);
  void quit(Ticket ticket, Instant now);
  /// While quitting: wait for nobody any longer, SIGKILL what is left.
  void hurry(Instant now);

  // ---- inputs
  bool wants_spawn() const { return common_.spawn_queue.has_next(); }
  void spawn_some(int budget, Instant now);
  void on_spawned(ProcessId process, int pid, Instant started, Instant now);
  void on_spawn_failed(ProcessId process, const SpawnFailure& failure, Instant now);
  void on_exited(ProcessId process, const Exit& exit, Instant now);
  void on_signalled(ProcessId process, int pid, int signum, Instant now);
  void on_tree_gone(ProcessId process, Instant now);
  void on_hook_done(HookId hook, const HookOutcome& outcome, Instant now);
  /// That pid may not be sent SIGKILL, and outlives the stop; it is shown (Watcher::strays). For a descendant
  /// nothing follows. When it is the process itself and it was to stop, its stop is over as if it had
  /// exited: an exit that comes later ends the stray.
  void on_stray(ProcessId process, int pid, Instant now);
  void on_stray_gone(int pid) { common_.strays.erase(pid); }
  void on_timer(const TimerKey& key, Instant now);
  /// The answer to WatchSocket.
  void on_socket_ready(const std::string& name, Instant now);
  /// The answer to Reread: the new watchers, or why the old ones go on.
  void on_reread(Result<std::vector<conf::WatcherConfig>> watchers, Instant now);

 private:
  enum class Life : std::uint8_t { running, restarting, quitting };

  Turn turn(Instant now) { return {now, effects_}; }
  Watcher* get(WatcherId id);
  Watcher* present(WatcherId id);
  template <class Call>
  void on_process(ProcessId process, Instant now, Call call);
  std::optional<Error> refusal(const Watcher* watcher, Operation::Kind kind) const;
  std::vector<WatcherId> autostarted() const;
  void after_input(Turn& turn);
  void erase_removed(Turn& turn);
  void watch_sockets(Turn& turn);
  void stop_for_good(Turn& turn, bool plugins);
  void replace_watchers(Turn& turn, std::vector<conf::WatcherConfig> configs);
  // several watchers (world_joint.cc)
  struct Start {
    WatcherId watcher;
    Ticket ticket;
    std::uint64_t restart = 0;  ///< the second half of that one: Operation::joint
  };
  struct Reload {
    std::deque<WatcherId> to_come;
    Operation operation;
  };
  void run_group(Turn& turn, std::vector<WatcherId> watchers, Operation operation,
                 std::vector<Ticket> callers);
  void sort_to_start(std::vector<WatcherId>& watchers);
  void start_in_order(Turn& turn, std::vector<WatcherId> watchers, Ticket each);
  void restart_in_order(Turn& turn, const std::vector<WatcherId>& watchers, Operation operation);
  std::deque<Start>::iterator next_start();
  void advance_starts(Turn& turn);
  void end_start_pause(Turn& turn);
  void reload_in_order(Turn& turn, std::vector<WatcherId> watchers, Operation operation,
                       std::vector<Ticket> callers);
  void advance_reloads(Turn& turn);
  void end_reload_pause(Turn& turn);
  void end_pause(Turn& turn, const TimerKey& key);
  void drop_joint(Turn& turn, const std::set<WatcherId>& watchers, std::string_view by = a_stop);
  void drop_all_joint(Turn& turn);
  // what the plan of a new configuration asks for (world_reload.cc)
  void add_planned(Turn& turn, const conf::WatcherConfig& config, Ticket each,
                   std::vector<WatcherId>& starts);
  void resize_planned(Watcher& watcher, const conf::WatcherConfig& config, Ticket each, Instant now);
  void change_planned(Turn& turn, const conf::Change& change, Watcher& watcher,
                      const conf::WatcherConfig& config, Ticket each);

  Settings settings_;
  Common common_;
  Effects effects_;
  std::map<WatcherId, std::unique_ptr<Watcher>> watchers_;
  std::map<std::string, Watcher*, std::less<>> by_name_;  ///< lower case
  std::set<WatcherId> removed_;                           ///< stopping on their way out
  WatcherId last_watcher_ = 0;
  std::set<std::string> watched_sockets_;  ///< of WatchSocket

  /// Starts with a warmup_delay between the watchers: those to come, and the one at work.
  std::deque<Start> starts_;
  WatcherId starting_ = 0;
  std::optional<Instant> start_pause_;  ///< until then nothing of starts_ begins
  std::deque<Reload> reloads_;          ///< of several watchers; the first one is at work
  WatcherId reloading_ = 0;             ///< whom it is at
  std::optional<Instant> reload_pause_;
  std::uint64_t last_joint_ = 0;

  Life life_ = Life::running;
  std::vector<Ticket> life_tickets_;  ///< callers of quit or restart
  std::vector<WatcherId> come_back_;  ///< restarting: who was up, for when the configuration cannot be used
  bool plugins_stopping_ = false;
  bool reread_asked_ = false;
  bool quit_said_ = false;
};

}  // namespace troupe::core
