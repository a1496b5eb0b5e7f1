#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/core/retry.h"
#include "daemon/core/turn.h"

namespace troupe::core {

using SlotId = std::uint64_t;

/// How a process is to be stopped: the stop procedure of Circus with real timers.
struct StopOrder {
  int signum;
  Duration grace;     ///< from the signal to SIGKILL
  bool tree = false;  ///< stop_children: descendants get both signals too, and the stop waits for them
  bool operator==(const StopOrder&) const = default;
};

/// What becomes of a slot when its process is gone.
enum class After { respawn, remove };

/// One place of a watcher for one process: the life of that process, then of the next one in the same place.
/// Pure: no syscall, no clock, no I/O; inputs and time in, effects out.
///
///     waiting ──due──▶ queued ──turn──▶ spawning ──exec──▶ running ──stop──▶ stopping ──exit──▶ gone
///        ▲                                  │                 │                                  │
///        └───────────── exec failed ────────┘                 └────────── exit by itself ────────┤
///        ▲                                                                                       │
///        └──────────────────────────────────── respawn ──────────────────────────────────────────┘
///
/// *waiting* is for a time (a restart delay, a pause after a failed spawn) or for the watcher's leave.
/// *queued* is in the world's queue, which starts a bounded number a turn. A *running* process counts as
/// ready at once; readiness will be a state of its own between spawning and running. *stopping* lasts until
/// the process is reaped and, with stop_children, everything it had started is gone. *gone* is a slot that
/// its watcher removes, or sends back to waiting.
class Slot {
 public:
  enum class State : std::uint8_t { waiting, queued, spawning, running, stopping, gone };

  explicit Slot(SlotId id) : id_(id) {}

  SlotId id() const { return id_; }
  State state() const { return state_; }
  /// Which of the watcher's reloads the process was started after.
  std::uint32_t generation() const { return generation_; }
  ProcessId process() const { return process_; }
  int wid() const { return wid_; }
  int pid() const { return pid_; }
  Instant started() const { return started_; }
  Instant due() const { return due_; }
  /// Ran at least once since it was made, or since its watcher was started again.
  bool attempted() const { return attempted_; }
  bool spinning() const { return guard_.spinning(); }
  /// There is a process, or the start of one is on its way.
  bool alive() const {
    return state_ == State::spawning || state_ == State::running || state_ == State::stopping;
  }
  bool has_pid() const { return pid_ != 0; }
  /// The process itself is reaped; what it had started is not gone yet.
  bool reaped() const { return reaped_; }
  /// May be queued: it waits for nothing but its watcher's leave.
  bool ready() const { return state_ == State::waiting && timer_ == never; }
  /// Will not be filled again: it is surplus, or a reload replaces it.
  bool leaving() const { return leaving_; }
  void set_leaving(bool leaving) { leaving_ = leaving; }

  /// waiting → queued. The world's queue will call spawn().
  void queue() { state_ = State::queued; }
  /// queued → waiting: the watcher took its leave back.
  void unqueue() {
    if (state_ == State::queued) state_ = State::waiting;
  }
  void spawn(Turn& turn, ProcessId process, int wid, std::uint32_t generation, SpawnSpec spec);

  /// exec worked. `life` is how old the process may become (0: any age). A stop that was asked for meanwhile
  /// begins now.
  void on_spawned(Turn& turn, const std::string& topic, int pid, Instant started, Duration life);
  /// No process came of it: back to waiting until `due`, or gone when it was to be stopped meanwhile.
  void on_spawn_failed(Turn& turn, Instant due);
  /// The process is reaped. Publishes nothing: the watcher does. Afterwards the slot is stopping (its
  /// descendants are still there) or gone.
  void on_exited(Turn& turn);
  void on_tree_gone(Turn& turn);
  /// The slot's timer rang: a graceful_timeout is over, or the process is as old as it may become. One that
  /// rings too early is set again.
  enum class Ring { nothing, killed, aged, due };
  Ring on_timer(Turn& turn, const std::string& topic);

  /// Begin to stop. A slot without a process is gone at once if it is not to be filled again. A second order
  /// for a slot that is stopping can shorten the time that is left, make the stop final, widen it to the
  /// whole tree, and send another signal; the same signal goes out once.
  void stop(Turn& turn, const std::string& topic, const StopOrder& order, After after);
  /// Do not wait any longer: SIGKILL now. It goes out once.
  void kill_now(Turn& turn, const std::string& topic);

  /// The stop signal waits for a hook: the grace counts from when it is sent.
  void hold_grace(Turn& turn);
  void begin_grace(Turn& turn);

  /// gone → waiting, for the next life. `due` from the guard, or at once when it was stopped on purpose.
  void rest(Turn& turn, const RespawnPolicy& policy, bool on_purpose);
  /// The watcher is started anew: earlier lives are forgotten.
  void forget_past() { attempted_ = false; }
  /// Wait no longer than until now.
  void hurry_up(Turn& turn);
  /// Nobody will look after the slot any more: no timer is left behind.
  void clear_timer(Turn& turn) { set_timer(turn, never); }

 private:
  void signal(Turn& turn, const std::string& topic, int signum);
  void sharpen(Turn& turn, const std::string& topic, const StopOrder& order);
  void set_timer(Turn& turn, Instant at);
  void end_process(Turn& turn);

  SlotId id_;
  ProcessId process_ = 0;
  Instant started_{};
  Instant due_{};          ///< waiting: not before
  Instant timer_ = never;  ///< what the slot's timer is set to
  std::optional<StopOrder> order_;
  RespawnGuard guard_;
  std::uint32_t generation_ = 0;
  int wid_ = 0;
  int pid_ = 0;
  State state_ = State::waiting;
  bool attempted_ = false;
  bool leaving_ = false;
  bool killed_ = false;        ///< stopping: SIGKILL is out
  bool reaped_ = false;        ///< stopping: the process itself is gone, its descendants may not be
  bool tree_pending_ = false;  ///< stopping: World::on_tree_gone is still to come
};

std::string_view to_text(Slot::State state);

}  // namespace troupe::core
