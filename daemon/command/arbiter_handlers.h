#pragma once

#include "daemon/command/call.h"

/// The handlers of the commands about the daemon as a whole; what these take and answer is said by the rows
/// of lib/api/arbiter_commands.h.
namespace troupe::command {

Result<Value> ipython(Call& call);
/// As `listsockets` and `snapshot` give them.
Value managed_sockets(const core::World& world);
Result<Value> listsockets(Call& call);
Result<Value> quit(Call& call);
Result<Value> reloadconfig(Call& call);

inline constexpr Handler arbiter_handlers[] = {
    {"ipython", ipython},
    {"listsockets", listsockets},
    {"quit", quit},
    {"reloadconfig", reloadconfig},
};

}  // namespace troupe::command
