#pragma once

#include <optional>
#include <string>
#include <vector>

namespace troupe::os {

/// Whether the kernel tells the children of a process, in /proc/PID/task/*/children (CONFIG_PROC_CHILDREN).
bool lists_children();

/// What these files say of a process, of all its threads; zombies included. Empty when the process is gone;
/// nothing when they cannot be read. `proc`: for tests.
std::optional<std::vector<int>> listed_children(int pid, const std::string& proc = "/proc");

/// The direct children of a process; zombies included. As listed_children, or, where the kernel has no such
/// files, from one pass over all processes. Empty when the process is gone, and where /proc is not ours
/// (proc_is_ours).
std::vector<int> direct_children(int pid);

}  // namespace troupe::os
