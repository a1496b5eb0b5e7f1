#pragma once

#include "daemon/command/call.h"

/// The handlers of the commands about events; what these take and answer is said by the rows of
/// lib/api/event_commands.h.
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
