#pragma once

#include "daemon/spawn/child_setup.h"
#include "lib/os/fd.h"

namespace troupe {

/// How a child is made.
struct CloneOptions {
  bool of_parent;          ///< it becomes a child of this process's parent (CLONE_PARENT)
  void* stack;             ///< its upper end, from a StackPool
  int cgroup = -1;         ///< the directory of the cgroup that it is to be born into
  bool has_clone3 = true;  ///< false: this system has no clone3 with CLONE_INTO_CGROUP
};

struct Cloned {
  int pid = 0;             ///< or minus an errno
  int cgroup_error = 0;    ///< an errno: it could not be born into the cgroup, and is outside of it
  bool no_clone3 = false;  ///< do not try again
};

/// Runs set_up_child(plan) beside this process, in its memory (CLONE_VM), not waiting for its exec. A child
/// with a cgroup is born into it by clone3, or, where that is not to be had, moves itself there before
/// anything else. A cgroup that does not work is no reason for the child not to be made.
Cloned clone_child(ChildPlan& plan, const CloneOptions& options);

}  // namespace troupe
