#pragma once

#include "daemon/command/call.h"

/// The handlers of the commands about watchers; what these take and answer is said by the rows of
/// lib/api/watcher_commands.h.
namespace troupe::command {

Result<Value> add(Call& call);
Result<Value> hold(Call& call);
Result<Value> list(Call& call);
Result<Value> numwatchers(Call& call);
Result<Value> reload(Call& call);
Result<Value> restart(Call& call);
Result<Value> rm(Call& call);
Result<Value> start(Call& call);
Result<Value> status(Call& call);
Result<Value> stop(Call& call);
Result<Value> unhold(Call& call);

inline constexpr Handler watcher_handlers[] = {
    {"add", add},       {"hold", hold},       {"list", list},     {"numwatchers", numwatchers},
    {"reload", reload}, {"restart", restart}, {"rm", rm},         {"start", start},
    {"status", status}, {"stop", stop},       {"unhold", unhold},
};

}  // namespace troupe::command
