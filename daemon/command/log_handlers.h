#pragma once

#include "daemon/command/call.h"

/// The handlers of the commands about what processes have written; what these take and answer is said by the
/// rows of lib/api/log_commands.h.
namespace troupe::command {

Result<Value> logs(Call& call);

inline constexpr Handler log_handlers[] = {
    {"logs", logs},
};

}  // namespace troupe::command
