#pragma once

#include <vector>

namespace troupe::os {

/// The direct children of a process, of all its threads; zombies included. From /proc/PID/task/*/children,
/// or, where the kernel has no such file, from one pass over all processes. Empty when the process is gone,
/// and where /proc is not ours (proc_is_ours).
std::vector<int> direct_children(int pid);

}  // namespace troupe::os
