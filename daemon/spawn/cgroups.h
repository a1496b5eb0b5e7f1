#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/effects.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/loop.h"
#include "lib/os/fd.h"

namespace troupe {

/// One cgroup (v2) for each process, `troupe-BOOT/PROCESS` below the daemon's own: whatever a process starts
/// is in it, whoever its parent is. No controller is switched on, so nothing is limited or moved, and the
/// daemon itself stays where it is.
///
/// The daemon holds a lock on its directory. What a daemon that was killed left there goes when a later one
/// of the same cgroup starts.
///
/// Where it does not work, or no longer, all of it does nothing: the other rules of TreeStops find the
/// descendants. Nothing waits and nothing polls: the end of what outlived its process is told by inotify.
class Cgroups {
 public:
  /// `parent` is the directory of the daemon's own cgroup, "" = do without.
  Cgroups(loop::Loop& loop, const std::string& parent, const std::string& boot);
  ~Cgroups();
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;

  /// The directory that a daemon of that boot id has below its own cgroup.
  static std::string name_of(const std::string& boot);

  bool usable() const { return static_cast<bool>(directory_); }
  /// Makes the cgroup of a process that is about to be cloned; a descriptor of its directory, or none.
  os::Fd make(core::ProcessId process);
  /// Its children cannot be put in there: there will be no further cgroups.
  void give_up(int error);
  /// Whether it has one.
  bool has(core::ProcessId process) const { return made_.count(process) > 0; }
  /// Who is in it, zombies not counted.
  std::vector<int> processes_of(core::ProcessId process) const;
  /// Whether kill() would work: since Linux 5.14.
  bool can_kill(core::ProcessId process) const { return has_kill_ && made_.count(process) > 0; }
  /// SIGKILL to everything in it at once, however it forks, and whoever's it is; false when that did not
  /// work.
  bool kill(core::ProcessId process);
  /// The process is gone: its cgroup goes, now or when the last one in it has ended.
  void release(core::ProcessId process);

  /// Cgroups that are there.
  std::size_t count() const { return made_.size(); }

 private:
  void on_events(loop::Ready);
  bool remove(core::ProcessId process);
  void remove_leftovers(int parent, const std::string& own);

  os::Fd parent_;
  os::Fd directory_;
  os::Fd events_;  ///< inotify
  std::string name_;
  std::string path_;
  std::map<core::ProcessId, int> made_;  ///< → its watch, 0 = none
  std::map<int, core::ProcessId> by_watch_;
  bool gave_up_ = false;
  bool has_kill_ = false;
  std::unique_ptr<loop::FdWatch> watch_;
};

}  // namespace troupe
