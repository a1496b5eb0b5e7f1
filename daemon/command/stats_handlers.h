#pragma once

#include "daemon/command/call.h"

/// The handlers of the commands about processor and memory; what these take and answer is said by the rows of
/// lib/api/stats_commands.h.
namespace troupe::command {

Result<Value> dstats(Call& call);
Result<Value> stats(Call& call);

inline constexpr Handler stats_handlers[] = {
    {"dstats", dstats},
    {"stats", stats},
};

}  // namespace troupe::command
