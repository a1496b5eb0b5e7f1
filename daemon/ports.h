#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/effects.h"
#include "daemon/core/inputs.h"
#include "daemon/core/reload_plan.h"
#include "daemon/core/stream/tails.h"
#include "lib/base/result.h"
#include "lib/os/fd.h"

/// What the arbiter needs of the world outside, one small interface for each need. Adapters implement them
/// and know neither the arbiter nor each other; tests implement them by recording.
namespace troupe {

using core::Exit;
using core::SpawnFailure;

/// What the spawner reports; the arbiter implements it and feeds the world.
class ProcessListener {
 public:
  virtual ~ProcessListener() = default;
  /// exec succeeded. `started` is the time before the clone.
  virtual void on_spawned(core::ProcessId process, int pid, Instant started) = 0;
  virtual void on_spawn_failed(core::ProcessId process, const SpawnFailure& failure) = 0;
  /// A process or descendant got a signal that was asked for with `watch`.
  virtual void on_signalled(core::ProcessId process, int pid, int signum) = 0;
  /// After a watched signal: the process and everything it had started are gone.
  virtual void on_tree_gone(core::ProcessId process) = 0;
  /// What the tree's stop could not end and does not wait for: a descendant, of which at most
  /// core::max_strays at a time are told of; or the process itself, which may not be sent SIGKILL. Before the
  /// on_tree_gone of the process.
  virtual void on_stray(core::ProcessId process, int pid) = 0;
  /// One of these descendants has ended. (The end of the process itself is Spawner::on_exit as ever.)
  virtual void on_stray_gone(int pid) = 0;
};

/// Starts processes and signals them. Never waits for a child: the answers come later through the listener,
/// from the loop, never from inside a call.
class Spawner {
 public:
  virtual ~Spawner() = default;
  virtual void spawn(const core::Spawn& spawn) = 0;
  /// Its end is wanted. A start that still waits for something outside fails then, with ECANCELED; any other
  /// goes on.
  virtual void call_off(core::ProcessId process) = 0;
  /// errno, or 0. ESRCH (gone already) is no error for the world.
  virtual int signal(const core::Signal& signal) = 0;
  /// The keeper reported this exit. The spawner forgets the pid, and if the exec report of that process is
  /// still on its way, reads it first (so on_spawned or on_spawn_failed comes before the exit). Returns the
  /// process's id, or 0 for a pid that is no process of ours (an adopted orphan).
  virtual core::ProcessId on_exit(const Exit& exit) = 0;
};

/// Descriptors that become the standard ones of a child; -1: as its spec says.
struct StandardEnds {
  int in = -1;
  int out = -1;
  int err = -1;
};

/// Starts processes that somebody of the daemon talks to.
class PipedSpawner {
 public:
  virtual ~PipedSpawner() = default;
  /// As Spawner::spawn, of a spec that names no user. The ends must stay open during the call.
  virtual void spawn_piped(const core::Spawn& spawn, const StandardEnds& ends) = 0;
  virtual int signal(const core::Signal& signal) = 0;
};

/// Processes of hooks are told from those of watchers by their id.
inline constexpr core::ProcessId hook_process_bit = core::ProcessId{1} << 63;
inline bool is_hook_process(core::ProcessId process) {
  return (process & hook_process_bit) != 0;
}

/// Calls hooks out of process. Answers come later through the listener, from the loop.
class Hooks {
 public:
  virtual ~Hooks() = default;
  virtual void run(const core::RunHook& hook) = 0;
  virtual void cancel(core::HookId hook) = 0;
  virtual void end(core::WatcherId watcher) = 0;
  /// What the spawner and the keeper report of processes with hook_process_bit.
  virtual void on_spawned(core::ProcessId process, int pid) = 0;
  virtual void on_spawn_failed(core::ProcessId process, const SpawnFailure& failure) = 0;
  virtual void on_exit(core::ProcessId process, const Exit& exit) = 0;
};

/// What hooks report; the arbiter implements it.
class HookListener {
 public:
  virtual ~HookListener() = default;
  virtual void on_hook_done(core::HookId hook, const core::HookOutcome& outcome) = 0;
  /// `watcher.notify_event` of a hook: `watcher.NAME.TOPIC`.
  virtual void on_hook_event(const std::string& watcher, const std::string& topic, Value data) = 0;
};

/// Answers requests that do not come from the control endpoint.
class Requests {
 public:
  virtual ~Requests() = default;
  /// The reply to the JSON of a request, at once: nobody waits here.
  virtual std::string ask(std::string_view request) = 0;
};

/// The managed sockets, for who gives them to processes.
class SocketSource {
 public:
  virtual ~SocketSource() = default;
  /// The descriptor of a shared one; -1: there is none of that name.
  virtual int find(const std::string& name) const = 0;
  /// A new socket for one process, bound with SO_REUSEPORT as its section says.
  virtual Result<os::Fd> open_own(const std::string& name) = 0;
};

/// The managed sockets, for who waits for connections.
class SocketWatch {
 public:
  virtual ~SocketWatch() = default;
  virtual void watch(const core::WatchSocket& watch) = 0;
};

/// What the watch of sockets reports; the arbiter implements it.
class SocketListener {
 public:
  virtual ~SocketListener() = default;
  virtual void on_socket_ready(const std::string& name) = 0;
};

/// The ends of pipes that a child gets as its standard output and error; none: as its spec says.
struct OutputEnds {
  os::Fd out;
  os::Fd err;
};

/// Captures what processes write. The processes' own ends are the spawner's; that all of them are closed is
/// how a process's output ends.
class Outputs {
 public:
  virtual ~Outputs() = default;
  /// Opens the pipes that the spec of a process asks for. 0 or an errno.
  virtual int open(const core::Spawn& spawn, OutputEnds& ends) = 0;
  virtual void on_cloned(core::ProcessId process, int pid) = 0;
  /// Of a process whose output is not captured: nothing is done.
  virtual void redirect(const core::Redirect& redirect) = 0;
  /// The process is gone: what it has written is written to its target now, as far as that takes it.
  virtual void on_exit(core::ProcessId process) = 0;
};

/// An output of a watcher.
struct OutputName {
  std::string watcher;
  core::Output output;
  bool operator==(const OutputName&) const = default;
};

/// Something that output is written to cannot be written, or can be again.
struct OutputTrouble {
  std::string target;  ///< the file, or what else it is
  int error = 0;       ///< errno
  std::string text;    ///< "write /var/log/web.log: No space left on device"
  bool over = false;
  Instant since{};
  std::uint64_t dropped = 0;   ///< bytes that were thrown away meanwhile
  std::vector<OutputName> of;  ///< whose output it is, each once
};

/// What the capture of output reports; the arbiter implements it.
class OutputListener {
 public:
  virtual ~OutputListener() = default;
  virtual void on_output_trouble(const OutputTrouble& trouble) = 0;
};

/// The last output of processes, for the command `logs`.
class Logs {
 public:
  virtual ~Logs() = default;
  virtual const core::Tails& tails() const = 0;
  /// The ticket is settled with the reply of `logs` when there is a line, or at `until` without one. Error:
  /// too many wait.
  virtual Result<void> follow(core::Ticket ticket, const core::LogQuery& query, Instant until) = 0;
};

/// Monotonic time for everything that is decided, wall time for what is shown.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  /// Seconds since 1970.
  virtual double wall(Instant at) const = 0;
  /// The monotonic time of a wall time, for deadlines that come over the wire.
  virtual Instant monotonic(double wall) const = 0;
};

/// One time for each key; a later call for the same key moves it, and one with core::never takes
/// it away.
class Alarms {
 public:
  virtual ~Alarms() = default;
  virtual void set(const core::TimerKey& key, Instant at) = 0;
};

/// The bus: gives the event its number, keeps it, sends it. `data` has all keys but `seq` and `boot`.
class EventBus {
 public:
  /// Messages that wait for one slow subscriber before his are dropped (the mark tells him): how the
  /// publisher is to be opened.
  static constexpr int queue = 100'000;
  virtual ~EventBus() = default;
  /// Whether subscribers have read enough for one more event of a client; the daemon's own are always taken.
  /// Error: Code::limit.
  virtual Result<void> check_room() const = 0;
  virtual std::uint64_t publish(std::string_view topic, const Value& data) = 0;
};

/// Those who wait for tickets.
class Callers {
 public:
  virtual ~Callers() = default;
  virtual void settle(const core::Settle& settle) = 0;
};

/// What the arbiter asks of the application around it.
class Host {
 public:
  virtual ~Host() = default;
  /// An exit is recorded: its pid may be reused.
  virtual void acknowledge(int pid) = 0;
  /// Call Arbiter::on_turn once, soon, after descriptors and timers had theirs.
  virtual void want_turn() = 0;
  /// Read the configuration again and answer with Arbiter::on_reread.
  virtual void reread() = 0;
  /// Reads the configuration again, for reloadconfig. Error: Code::refused; all its errors in one line, each
  /// with file and line.
  virtual Result<core::NewConfig> read_config() = 0;
  /// Its root section and sockets count from now on, before anything is done about its watchers. Sockets are
  /// opened and closed here, all or none: after an error everything is as it was.
  virtual Result<void> take_config(const conf::Config& config) = 0;
  /// Everything is stopped and said.
  virtual void quit() = 0;
  /// Something may have changed: called after each input whose effects are carried out.
  virtual void on_change() {}
};

}  // namespace troupe
