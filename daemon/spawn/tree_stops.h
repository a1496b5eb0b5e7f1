#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/ports.h"
#include "daemon/spawn/cgroups.h"
#include "daemon/spawn/strays.h"
#include "daemon/spawn/tree_scan.h"
#include "lib/loop/deferred.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/timer_watch.h"
#include "lib/os/pidfd.h"

namespace troupe {

/// What the stops need to know of the processes themselves.
class Leaders {
 public:
  virtual ~Leaders() = default;
  /// errno, or 0; ESRCH when its exit was reported.
  virtual int signal_leader(core::ProcessId process, int signum) = 0;
  /// Pids of all processes whose exit was not reported.
  virtual std::unordered_set<int> leader_pids() const = 0;
};

/// The stops that are under way: signals to whole trees, and who is still there of what was signalled.
///
/// A signal to a tree goes out from the loop, for all trees that were asked for in a turn after one pass over
/// /proc. Before a SIGKILL everything found is stopped and looked for again until nothing new appears, so
/// that nothing forks away between the look and the kill. A member is watched through its pidfd. When the
/// process and all known members are gone, one more pass follows; what it finds gets the same signal, and so
/// on; when it finds nothing the tree is gone. Such passes are spaced so that they take a third of the time
/// at most.
///
/// Without a /proc of this pid namespace the members are those of the cgroup; without a cgroup too, the group
/// of the process takes the signals as a whole, and nobody else is found.
///
/// A process with a cgroup that can be killed needs no stopping and looking again: SIGKILL goes to all that
/// is in it at once. A member that we may not signal because it took another user's identity ends by that
/// too; without it becomes a stray, for which the stop does not wait. So does the process itself when it may
/// not be sent SIGKILL.
class TreeStops {
 public:
  /// Members whose descriptor would have the number `descriptor_bound` or more are watched by their pid.
  TreeStops(loop::Loop& loop, Leaders& leaders, Cgroups& cgroups, std::string boot,
            std::vector<int> supervisors, int descriptor_bound);
  ~TreeStops();

  void listen(ProcessListener& listener) { listener_ = &listener; }

  /// Signals the tree of the process soon.
  void signal_tree(core::ProcessId process, int pid, bool alive, int signum, bool watch);
  /// These got a signal already; `members` are watched like members of a tree.
  void watch(core::ProcessId process, int pid, int signum, const std::vector<int>& signalled);
  /// The exit of a process was reported.
  void leader_gone(core::ProcessId process);

  bool knows(core::ProcessId process) const { return stops_.count(process) != 0; }

 private:
  struct Member;
  struct Stop;
  struct Notice {
    core::ProcessId process;
    int pid;
    int signum;  ///< 0 = the tree is gone, -1 = pid is a stray
  };

  Stop& stop_of(core::ProcessId process, int pid, bool alive);
  void round();
  bool scan_is_due() const;
  void scan();
  bool look(std::vector<TreeRow>& rows, std::unordered_set<int>& leaders);
  void look_without_proc(std::vector<TreeRow>& rows);
  /// Adds what is new; true when anything was.
  bool find_new_members(const std::vector<TreeRow>& rows, const std::unordered_set<int>& leaders);
  bool freeze_new_members();
  void send_signals();
  bool signal_leader(Stop& stop, int signum, bool killed);
  int signal_group(Stop& stop, int signum);
  void signal_members(Stop& stop, bool killed);
  void leave_behind(Stop& stop, Member& member);
  void on_stray_gone(int pid);
  void add_member(Stop& stop, int pid, std::uint64_t start_time);
  void member_gone(core::ProcessId process, int pid);
  void look_at_unwatched();
  void take_leave();
  void plan_next_round();
  void deliver();

  loop::Loop& loop_;
  Leaders& leaders_;
  Cgroups& cgroups_;
  Strays strays_;
  ProcessListener* listener_ = nullptr;
  std::vector<int> supervisors_;
  int descriptor_bound_;
  TreeScan scan_;
  std::unordered_map<int, core::ProcessId> in_cgroups_;  ///< at the last look, of the trees that are stopped
  std::map<core::ProcessId, std::unique_ptr<Stop>> stops_;
  std::vector<Notice> notices_;
  Instant scan_not_before_{};
  loop::Deferred soon_;
  loop::TimerWatch later_;
};

}  // namespace troupe
