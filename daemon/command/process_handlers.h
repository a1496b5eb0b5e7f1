#pragma once

#include "daemon/command/call.h"

/// The handlers of the commands about single processes and their number; what these take and answer is said
/// by the rows of lib/api/process_commands.h.
namespace troupe::command {

Result<Value> decr(Call& call);
Result<Value> incr(Call& call);
Result<Value> kill_processes(Call& call);
Result<Value> numprocesses(Call& call);
Result<Value> send_signal(Call& call);

inline constexpr Handler process_handlers[] = {
    {"decr", decr},          {"incr", incr}, {"kill", kill_processes}, {"numprocesses", numprocesses},
    {"signal", send_signal},
};

}  // namespace troupe::command
