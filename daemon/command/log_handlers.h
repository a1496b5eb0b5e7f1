#pragma once

#include "daemon/command/call.h"

namespace troupe::command {

Result<Value> logs(Call& call);

inline constexpr Handler log_handlers[] = {
    {"logs", logs},
};

}  // namespace troupe::command
