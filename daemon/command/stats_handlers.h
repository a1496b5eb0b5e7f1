#pragma once

#include "daemon/command/call.h"

namespace troupe::command {

Result<Value> dstats(Call& call);
Result<Value> stats(Call& call);

inline constexpr Handler stats_handlers[] = {
    {"dstats", dstats},
    {"stats", stats},
};

}  // namespace troupe::command
