#pragma once

#include "daemon/core/effects.h"
#include "daemon/core/inputs.h"

namespace troupe {

using core::Exit;
using core::SpawnFailure;

/// What the spawner and the keeper report; the arbiter implements it and feeds the world.
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
};

/// Starts processes and signals them. Never waits for a child: the answers come later through the listener,
/// from the loop, never from inside a call.
class Spawner {
 public:
  virtual ~Spawner() = default;
  virtual void spawn(const core::Spawn& spawn) = 0;
  /// errno, or 0. ESRCH (gone already) is no error for the world.
  virtual int signal(const core::Signal& signal) = 0;
  /// The keeper reported this exit. The spawner forgets the pid, and if the exec report of that process is
  /// still on its way, reads it first (so on_spawned or on_spawn_failed comes before the exit). Returns the
  /// process's id, or 0 for a pid that is no process of ours (an adopted orphan).
  virtual core::ProcessId on_exit(const Exit& exit) = 0;
};

}  // namespace troupe
