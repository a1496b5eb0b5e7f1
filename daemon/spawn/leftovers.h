#pragma once

#include <string>

namespace troupe {

/// Ends what an earlier daemon of the same place has left: its keeper and its arbiter were both killed, so
/// nobody did, and a second copy of a process must never run. What was in its cgroups below `cgroup_parent`
/// ("" = there are none) and what has its boot id in TROUPE_ID gets SIGTERM, and SIGKILL after 2 s. A daemon
/// that was itself started from one of these only warns. The log says which they are.
///
/// Waits for them: for the start, before anything is spawned.
void end_leftovers(const std::string& boot, const std::string& cgroup_parent);

}  // namespace troupe
