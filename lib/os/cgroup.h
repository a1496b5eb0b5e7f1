#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::os {

/// The directory of a process's cgroup in the cgroup v2 hierarchy, from the texts of its
/// /proc/PID/mountinfo and /proc/PID/cgroup (cgroups(7), proc(5)). Nothing where no such hierarchy is
/// mounted, or none in which the process's own cgroup can be reached.
std::optional<std::string> cgroup2_directory(std::string_view mountinfo, std::string_view cgroup);

/// The same for this process; nothing also when one of the files cannot be read.
std::optional<std::string> own_cgroup2_directory();

/// The numbers in the text of a cgroup.procs; 0, a process of another pid namespace, is left out.
std::vector<int> parse_cgroup_procs(std::string_view text);

/// The processes of the cgroup `directory/name` and of those below it, as far as they can be read; zombies
/// are not among them.
std::vector<int> cgroup_processes(int directory, const std::string& name);

/// Removes the cgroup `directory/name` and those below it. False when there are still processes in it (or it
/// may not be removed); one that is not there is removed.
bool remove_cgroup(int directory, const std::string& name);

}  // namespace troupe::os
