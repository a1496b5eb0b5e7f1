#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "daemon/core/effects.h"

namespace troupe {

/// One process of the machine, as far as it matters for whose it is.
struct TreeRow {
  int pid = 0;
  int ppid = 0;
  int group = 0;
  int session = 0;
  std::uint64_t start_time = 0;
  bool zombie = false;
  core::ProcessId cgroup = 0;  ///< whose cgroup it is in; 0 = none that we have, or none that was asked for
  core::ProcessId tag = 0;     ///< of TROUPE_ID in its environment; 0 = none, of another daemon, or not known
};

/// A process that cannot be mistaken for a later one of the same pid.
struct TreeMember {
  int pid;
  std::uint64_t start_time;
  bool operator==(const TreeMember&) const = default;
};

/// A process whose descendants are asked for.
struct TreeRoot {
  core::ProcessId process;
  int pid;
  bool alive;                     ///< its exit was not reported yet, so the pid is its own
  std::vector<TreeMember> known;  ///< members that were found before
};

/// Which processes descend from which root (design decision D2), in the order of the roots; the roots
/// themselves are not among them, nor are zombies. The first that holds decides:
///
/// 1. it is in the cgroup of a root;
/// 2. its session or group is the pid of a root (every process leads its session). A pid is not given again
///    while a session or group of that number lives, so a row with the pid of a root that is gone, alive
///    again, is a stranger and takes the rule away. 0 is nobody's pid, session or group;
/// 3. it was a member before;
/// 4. its parent is a root or a member;
/// 5. its environment says so.
///
/// No rule reaches `supervisors` (the keeper, this process) or leads through them, nor `others`, the
/// processes that are no root now; and everything in the session or group of one of these is theirs, unless
/// it is in the cgroup of a root.
std::vector<std::vector<TreeMember>> find_members(std::span<const TreeRow> rows,
                                                  std::span<const TreeRoot> roots,
                                                  std::span<const int> supervisors,
                                                  std::span<const int> others);

}  // namespace troupe
