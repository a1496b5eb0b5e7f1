#pragma once

#include "daemon/command/call.h"

namespace troupe::command {

Result<Value> events(Call& call);
Result<Value> listen(Call& call);
Result<Value> publish(Call& call);
Result<Value> snapshot(Call& call);

inline constexpr Handler event_handlers[] = {
    {"events", events},
    {"listen", listen},
    {"publish", publish},
    {"snapshot", snapshot},
};

}  // namespace troupe::command
