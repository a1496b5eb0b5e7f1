#pragma once

#include "daemon/command/call.h"

/// The handlers of the commands about options; what these take and answer is said by the rows of
/// lib/api/option_commands.h.
namespace troupe::command {

Result<Value> get(Call& call);
Result<Value> globaloptions(Call& call);
Result<Value> options(Call& call);
Result<Value> set(Call& call);

inline constexpr Handler option_handlers[] = {
    {"get", get},
    {"globaloptions", globaloptions},
    {"options", options},
    {"set", set},
};

}  // namespace troupe::command
