#pragma once

#include "daemon/command/call.h"

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
