#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/common.h"
#include "daemon/core/hook_line.h"
#include "daemon/core/inputs.h"
#include "daemon/core/operation.h"
#include "daemon/core/slot.h"
#include "daemon/core/watcher_facts.h"
#include "daemon/core/wids.h"
#include "lib/conf/watcher_config.h"

namespace troupe::core {

/// One supervised command: its slots, and the operations that change them. Pure.
///
/// States, in Circus's words; `wanted` is what the user asked for last.
///
///     stopped ──start──▶ starting ──all tried──▶ active ──stop──▶ stopping ──all gone──▶ stopped
///        ▲                  │  └──stop──▶ stopping                                          ▲
///        └── max_retry ─────┘         active ──respawn = false and the last one exits──────┘
///
/// With on_demand a start only makes the stopped watcher wait; it starts when somebody connects to one of its
/// sockets, does not replace what exits, and waits again when the last one is gone. Stopped by hand it waits
/// for nothing.
///
/// Operations on one watcher run one after the other, in the order they came; on different watchers they know
/// nothing of each other. One that asks for the same as the last one, which has not begun, is that one; at
/// most most_operations wait. Two things do not queue: a *stop* ends what is running before it (a caller that
/// waits for it is told so), and *kill* works beside everything. An operation that cannot get on because its
/// spawns fail gives way to the next start, restart or reload; surplus of a smaller numprocesses goes at
/// once, whatever runs. What makes processes come back after a crash is no operation but fill(), which runs
/// after every input.
///
/// While a hook of it runs, a watcher takes inputs and begins nothing: no start, no step of an operation; its
/// signals and events wait behind the hook, in their order (HookLine).
///
/// A failed spawn is a fault of the watcher, not of one slot: the first one stops all further spawns of the
/// watcher for a growing pause, after which a single slot tries. Spawns that were on their way together fail
/// together. After max_retry failures in a row the waiting slots are given up; when nothing of the watcher
/// runs, it is stopped.
class Watcher {
 public:
  enum class State : std::uint8_t { stopped, starting, active, stopping };

  Watcher(WatcherId id, conf::WatcherConfig config, Common& common, Instant now);
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher();

  WatcherId id() const { return id_; }
  const std::string& name() const { return config_.name; }
  const conf::WatcherConfig& config() const { return config_; }
  /// Changes what the next spawns and stops do, and where the output of its processes goes that is captured
  /// already; what else has to follow is an operation of its own.
  void set_config(Turn& turn, conf::WatcherConfig config);
  /// What the file or the command `add` said last: without what was set since, and with what a replacement
  /// under way will bring.
  const conf::WatcherConfig& given() const { return given_ ? *given_ : config_; }
  void set_given(const conf::WatcherConfig& config);
  State state() const { return state_; }
  /// Not stopped, or its hooks still have something to do.
  bool up() const { return up_; }
  /// A hook of it runs, and what it does next waits for that.
  bool awaits_hook() const { return line_.busy(); }
  bool wanted() const { return wanted_; }
  Instant since() const { return since_; }
  const std::map<SlotId, Slot>& slots() const { return slots_; }
  const std::vector<Hold>& holds() const { return holds_; }
  const std::optional<Trouble>& trouble() const { return trouble_; }
  const std::optional<LastExit>& last_exit() const { return last_exit_; }
  /// When the next process will be started by itself; `never` when none waits, or a hold keeps those that do.
  Instant next_try() const;
  bool spinning() const;
  /// max_retry is used up and some slots were given up.
  bool gave_up() const { return gave_up_; }
  /// on_demand: the sockets that it waits for now.
  std::vector<std::string> awaited_sockets() const;
  /// Why it is never started, if so: an error of its configuration. Code::refused.
  std::optional<Error> unable() const;
  bool idle() const {
    return operations_.empty() && kills_.empty() && !line_.busy() && line_.commands.empty();
  }
  /// Whether signals of the command `signal` are to come by send_signals.
  bool asks_about_signals() const;

  /// Operations. A ticket is settled when the work is over. `start`: {started, kept}; `stop`: null;
  /// `restart`, `reload` and `replace`: {stopped, started, kept}; `resize`: {numprocesses}.
  void run(Turn& turn, Operation operation);
  /// The stop procedure for some processes (all, when `pids` is empty); they are replaced if `respawn` is on.
  struct KillOrder {
    std::vector<int> pids;
    std::optional<int> signum;
    std::optional<Duration> grace;
  };
  void kill(Turn& turn, const KillOrder& order, Ticket ticket);
  /// Whether that joint operation is in its queue and not yet on its own.
  bool works_on(std::uint64_t joint) const;
  /// That restart is over its stop, and waits for take_turn(). Whoever asks for something of this watcher
  /// alone gives it its turn, too: he does not wait for the others.
  bool awaits_turn(std::uint64_t joint) const;
  void take_turn(Turn& turn);
  /// To its processes, by the signal hooks; the ticket is settled when they were asked. Error: as of
  /// extend_stats.
  void send_signals(Turn& turn, const std::vector<Signal>& signals, Ticket ticket);
  /// What `stats` says, completed by the hook extended_stats if there is one. Error: a stop came first, or
  /// HookLine::most_commands wait (Code::limit).
  void extend_stats(Turn& turn, Value reply, Ticket ticket);
  /// What was imported for its hooks is imported again.
  void renew_hooks() { ++hook_version_; }
  void hold(Turn& turn, Hold hold);
  void unhold(Turn& turn, int wid, const std::string& by);
  /// Somebody connects to a socket that it waits for (Common::awaited).
  void start_by_demand(Turn& turn, const std::string& socket);
  /// The managed sockets are others now.
  void on_sockets_changed(Turn& turn) { rearm(turn); }
  /// The watcher is forgotten and its processes live on: nobody is kept waiting, no timer is left.
  void abandon(Turn& turn);
  /// SIGKILL for all that is being stopped.
  void hurry(Turn& turn);
  /// The watcher is about to be destroyed: no timer is left behind.
  void clear_timers(Turn& turn);

  /// Inputs.
  void spawn_queued(Turn& turn, SlotId slot);
  void on_spawned(Turn& turn, SlotId slot, int pid, Instant started);
  void on_spawn_failed(Turn& turn, SlotId slot, const SpawnFailure& failure);
  void on_exited(Turn& turn, SlotId slot, const Exit& exit);
  void on_signalled(Turn& turn, SlotId slot, int pid);
  void on_tree_gone(Turn& turn, SlotId slot);
  void on_hook_done(Turn& turn, const HookOutcome& outcome);
  void on_hook_timer(Turn& turn);
  void on_stray(Turn& turn, SlotId slot, int pid);
  void on_slot_timer(Turn& turn, SlotId slot);
  void on_timer(Turn& turn);

  /// Of the processes that are alive, sorted.
  std::vector<int> pids() const;
  /// Pids of what its processes had started and no stop could end, sorted; until they end by themselves.
  std::vector<int> strays() const;
  /// Processes that there are (dead but unreaped ones count).
  int process_count() const { return tally_.with_process; }
  /// Whether what is counted and cached agrees with the slots: each disagreement in words. For tests.
  void audit(std::vector<std::string>& faults) const;

 private:
  /// Counts over the slots, kept up to date by touch(), so that nothing is counted anew at each input.
  struct Tally {
    int members = 0;   ///< slots that stay
    int untried = 0;   ///< members that never ran
    int queued = 0;    ///< in the world's queue
    int spawning = 0;  ///< on their way through exec
    int with_process = 0;
    int leaving = 0;
    void add(const Slot& slot, int sign);
    bool operator==(const Tally&) const = default;
  };

  /// Every change of a slot goes through here, so that the counts stay true.
  template <class Change>
  void touch(Slot& slot, Change change);
  Slot& add_slot();
  void erase_slot(SlotId slot);
  Slot* find(SlotId slot);
  template <class Which>
  std::vector<SlotId> slots_that(Which which) const;

  // filling (watcher.cc)
  void fill(Turn& turn);
  bool may_queue(const Turn& turn) const;
  bool may_spawn(const Turn& turn, const Slot& slot) const;
  bool wants_processes() const { return state_ == State::active || state_ == State::starting; }
  void set_state(Turn& turn, State state);
  void after_input(Turn& turn);
  void rearm(Turn& turn);
  void stop_slot(Turn& turn, Slot& slot, After after);
  void retire_surplus(Turn& turn);
  void top_up();
  StopOrder stop_order() const;
  RespawnPolicy respawn_policy() const;

  // the ends of processes, and starts that fail (watcher_processes.cc)
  void process_gone(Turn& turn, Slot& slot, bool on_purpose);
  void forget_process(Turn& turn, ProcessId process);
  void record_exit(Turn& turn, const Slot& slot, const Exit& exit);
  /// "exec /usr/bin/nosuch: No such file or directory".
  std::string failure_line(const SpawnFailure& failure) const;
  void record_failure(Turn& turn, const SpawnFailure& failure, int wid);
  void recover(Turn& turn);
  void forget_failures();
  void give_up(Turn& turn);

  // holds (watcher_holds.cc)
  bool held(int wid) const;
  template <class Which>
  void drop_holds(Turn& turn, Which which);
  void drop_all_holds(Turn& turn);
  void drop_expired_holds(Turn& turn);
  std::string held_text() const;

  // on_demand (watcher_demand.cc)
  void begin_wait(Turn& turn);
  void rest_until_demand(Turn& turn);
  Instant await_demand(const Turn& turn);
  void forget_demand();

  // operations (watcher_operations.cc, watcher_reload.cc)
  Operation* waiting_for(const Operation& operation);
  bool full() const;
  void refuse(Turn& turn, const Operation& operation);
  void join(Operation& waiting, Operation later);
  void advance(Turn& turn);
  bool give_way(Turn& turn);
  const Operation* front(Operation::Phase phase) const;
  void begin(Turn& turn, Operation& operation);
  /// True when the operation is over; then it has been settled.
  bool step(Turn& turn, Operation& operation);
  bool step_start(Turn& turn, Operation& operation);
  bool step_stop(Turn& turn, Operation& operation);
  bool step_restart(Turn& turn, Operation& operation);
  bool step_reload(Turn& turn, Operation& operation);
  bool step_resize(Turn& turn, Operation& operation);
  bool step_graceful(Turn& turn, Operation& operation);
  bool step_sequential(Turn& turn, Operation& operation);
  bool step_refused(Turn& turn, Operation& operation);
  bool come_down(Turn& turn);
  void come_to_rest(Turn& turn);
  void begin_start(Turn& turn, Operation& operation);
  void launch(Turn& turn);
  void begin_stop(Turn& turn);
  void begin_reload(Turn& turn, Operation& operation);
  void begin_sequential(Turn& turn, Operation& operation);
  void begin_graceful(Turn& turn);
  void roll_back_reload(Turn& turn, Operation& operation, const std::string& why);
  void interrupt(Turn& turn, std::string_view by);
  void take_config(Operation& operation);
  void share_given();
  bool become_active(Turn& turn);
  bool fail_reload(Turn& turn, const Operation& operation, const std::string& why);
  bool finish_reload(Turn& turn, Operation& operation);
  bool started_all() const { return tally_.untried == 0; }
  Value changes(const Operation& operation, bool with_stopped) const;

  // hooks (watcher_hooks.cc), and what goes through them (watcher_signals.cc)
  const conf::HookConfig* hook(conf::Hook hook) const;
  bool ask(Turn& turn, HookCall call, bool if_yes = false);
  void tell(Turn& turn, std::string_view event, Value data = Value::object());
  void pump(Turn& turn);
  void do_step(Turn& turn, HookCall& call);
  void do_step(Turn& turn, HookedSignal& step);
  void do_step(Turn& turn, Publish& event) { turn.emit(std::move(event)); }
  HookCall end_running(Turn& turn);
  bool judge(Turn& turn, const HookCall& call, const HookOutcome& outcome);
  void decide(Turn& turn, const HookCall& call, const HookOutcome& outcome);
  void withhold(Turn& turn, const HookCall& call);
  HookedSignal* next_signal();
  void refuse_start(Turn& turn, const std::string& why);
  void halt(Turn& turn, conf::Hook hook, const std::string& why);
  bool starts_later() const;
  void drop_hooks(Turn& turn);
  void count_up();
  /// Does something to a slot; its signals go through the hooks, and its events behind those.
  template <class Change>
  void act(Turn& turn, Slot& slot, Change change);
  void route(Turn& turn, Slot& slot, Effects wanted, bool spawn_if_yes = false);
  void send(Turn& turn, Slot& slot, const Signal& signal, bool stops, std::uint64_t command = 0);
  void send_unasked(Turn& turn, Slot& slot, const Signal& signal, bool stops);

  // commands that hooks are asked for (watcher_commands.cc)
  void enlist(Turn& turn, HookedCommand command);
  void serve_commands(Turn& turn);
  void end_commands(Turn& turn, std::string_view by);
  void add_stats(Turn& turn, const HookCall& call, const HookOutcome& outcome);

  struct KillWait {
    Ticket ticket;
    std::set<ProcessId> left;
  };

  WatcherId id_;
  conf::WatcherConfig config_;
  std::shared_ptr<const conf::WatcherConfig> given_;  ///< when it is another than config_
  Common& common_;
  std::string topic_;  ///< "watcher.web."
  std::map<SlotId, Slot> slots_;
  std::set<SlotId> ready_;  ///< slots that could be queued now
  Tally tally_;
  Wids wids_;
  std::list<Operation> operations_;
  std::vector<KillWait> kills_;
  HookLine line_;
  std::vector<Hold> holds_;
  std::optional<Trouble> trouble_;
  std::optional<LastExit> last_exit_;
  Instant since_{};
  Instant retry_at_{};       ///< no spawn before this time after a failed one
  Instant next_spawn_at_{};  ///< warmup_delay
  Instant timer_ = never;
  Instant demand_at_{};  ///< on_demand: no start before this time
  Instant demanded_{};   ///< the last start by demand
  RespawnGuard demand_guard_;
  ProcessId failed_until_ = 0;  ///< spawns up to this one were on their way when the last failure was known
  int failures_ = 0;            ///< failed spawns in a row
  int finished_ = 0;            ///< places whose process exited and is not replaced (respawn = false)
  std::uint32_t generation_ = 0;
  std::uint32_t hook_version_ = 0;
  State state_ = State::stopped;
  bool wanted_ = false;
  bool gave_up_ = false;
  bool up_ = false;
  bool spawn_permit_ = false;       ///< before_spawn said yes to one
  bool after_start_asked_ = false;  ///< since it was stopped
  bool keeps_hooks_ = false;        ///< one was called
  bool hooks_off_ = false;          ///< nobody waits for hooks any more
};

template <class Change>
void Watcher::touch(Slot& slot, Change change) {
  tally_.add(slot, -1);
  change(slot);
  tally_.add(slot, +1);
  if (slot.state() != Slot::State::queued) common_.spawn_queue.drop(slot.id());
  if (slot.ready()) {
    ready_.insert(slot.id());
  } else {
    ready_.erase(slot.id());
  }
}

template <class Change>
void Watcher::act(Turn& turn, Slot& slot, Change change) {
  if (config_.hooks.empty() && !line_.busy()) return touch(slot, [&](Slot& s) { change(s, turn); });
  Effects wanted;
  Turn inner{turn.now, wanted};
  touch(slot, [&](Slot& s) { change(s, inner); });
  route(turn, slot, std::move(wanted));
}

template <class Which>
std::vector<SlotId> Watcher::slots_that(Which which) const {
  std::vector<SlotId> ids;
  for (const auto& [id, slot] : slots_) {
    if (which(slot)) ids.push_back(id);
  }
  return ids;
}

std::string_view to_text(Watcher::State state);

/// "watcher.plain_one." for "Plain One": lower case, spaces as underscores (Circus).
std::string topic_prefix(std::string_view watcher_name);

}  // namespace troupe::core
