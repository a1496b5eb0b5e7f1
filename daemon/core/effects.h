#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/spawn_spec.h"
#include "lib/base/duration.h"
#include "lib/base/error.h"
#include "lib/base/value.h"
#include "lib/conf/hook_rows.h"

namespace troupe::core {

/// Ids are given once and never again in the life of a world, so an answer that comes late (a timer, an exec
/// report) can be told from one that is meant.
using WatcherId = std::uint32_t;
using ProcessId = std::uint64_t;  ///< one life of one process: from its Spawn to its end
using Ticket = std::uint64_t;     ///< a caller that waits for an operation; 0 = nobody waits
using HookId = std::uint64_t;     ///< one call of a hook

/// Start a process. Answered by World::on_spawned or World::on_spawn_failed with the same id.
struct Spawn {
  ProcessId process;
  SpawnSpec spec;
  bool operator==(const Spawn&) const = default;
};

/// An output of a process that is captured goes elsewhere from now on, or is written in another way: at the
/// next end of a line.
struct Redirect {
  ProcessId process;
  Output output;
  Capture capture;
  bool operator==(const Redirect&) const = default;
};

/// The process that is being started is to end. If its start waits for something that is not the process
/// itself (the data base of users), World::on_spawn_failed comes soon, with ECANCELED; else nothing comes of
/// it.
struct CallOff {
  ProcessId process;
  bool operator==(const CallOff&) const = default;
};

/// Whom a signal reaches besides the process itself.
enum class Reach {
  process,   ///< nobody
  children,  ///< only its direct children, not itself
  tree,      ///< it and all its descendants, told apart as design decision D2 says
  child,     ///< only the direct child named by `pid`
};

/// Send a signal. With `watch` the pids that got it come back (World::on_signalled), and World::on_tree_gone
/// once the process and all it reached are gone.
struct Signal {
  ProcessId process;
  int pid;
  int signum;
  Reach reach = Reach::process;
  int child_pid = 0;
  bool watch = false;
  bool operator==(const Signal&) const = default;
};

/// Who is to be woken. A key has one time; setting it again moves it.
struct TimerKey {
  enum class Kind : std::uint8_t { watcher, slot, world, hook };
  Kind kind;
  std::uint64_t id;
  auto operator<=>(const TimerKey&) const = default;
};

/// As `at`: forget the timer. What nobody needs any more must not wake the daemon up.
inline constexpr Instant never = Instant::max();

/// Call World::on_timer with this key at that time, once.
struct WakeAt {
  TimerKey key;
  Instant at;
  bool operator==(const WakeAt&) const = default;
};

/// Put an event on the bus: topic `watcher.<name>.<event>` or `arbiter.<event>`. `data` are the keys besides
/// `time` (which is `at` as wall time), `seq` and `boot`.
struct Publish {
  std::string topic;
  Value data;
  Instant at;
  bool operator==(const Publish&) const = default;
};

/// An operation is over: answer the caller that waits. `error` empty = success with `result`.
struct Settle {
  Ticket ticket;
  Value result;
  std::optional<Error> error{};
  bool operator==(const Settle&) const = default;
};

/// A line for the log of the daemon.
struct Note {
  enum class Level : std::uint8_t { debug, info, warning, error };
  Level level;
  std::string text;
  bool operator==(const Note&) const = default;
};

/// Every watcher is stopped for a restart of the arbiter: read the configuration again and call
/// World::on_reread.
struct Reread {
  bool operator==(const Reread&) const = default;
};

/// Call World::on_socket_ready once, when somebody connects to that managed socket (or, where nobody
/// connects, something can be read of it); without `on`, not any more.
struct WatchSocket {
  std::string name;
  bool on;
  bool operator==(const WatchSocket&) const = default;
};

/// Call a hook. Answered by World::on_hook_done with the same id, unless CancelHook comes before. A watcher
/// has one that runs at most.
struct RunHook {
  HookId id;
  WatcherId watcher;
  conf::Hook hook;
  std::string target;         ///< a path with a slash, or `module.function` of Python
  Value arguments;            ///< by name, but for `time`
  std::optional<Instant> at;  ///< the argument `time`, if it has one
  Value free;                 ///< the free options of the watcher, by name
  SpawnSpec spec;             ///< how its process starts; for a Python function without argv
  std::uint32_t version;      ///< another one than before: what was imported is to be imported again
  bool operator==(const RunHook&) const = default;
};

/// Nobody waits for that hook any longer: end it.
struct CancelHook {
  HookId id;
  bool operator==(const CancelHook&) const = default;
};

/// No hook of that watcher will run any more: end what was kept for them.
struct EndHooks {
  WatcherId watcher;
  bool operator==(const EndHooks&) const = default;
};

/// Everything is stopped: leave.
struct Quit {
  bool operator==(const Quit&) const = default;
};

using Effect = std::variant<Spawn, Redirect, CallOff, Signal, WakeAt, Publish, Settle, Note, Reread,
                            WatchSocket, RunHook, CancelHook, EndHooks, Quit>;
using Effects = std::vector<Effect>;

}  // namespace troupe::core
