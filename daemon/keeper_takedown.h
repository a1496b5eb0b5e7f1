#pragma once

namespace troupe::keeper {

/// Ends every child of this process, and what comes to it as their orphans: SIGTERM and SIGCONT once to each,
/// after 2 s SIGKILL, until none is left. SIGTERM, SIGINT or SIGQUIT on `signal_fd` meanwhile brings the
/// SIGKILL forward. Children that only another user may signal are left when nothing else is. Exits are
/// reaped and told to nobody. No heap.
void take_down(int signal_fd);

}  // namespace troupe::keeper
