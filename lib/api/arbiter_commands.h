#pragma once

#include "lib/api/command.h"

namespace troupe::api {

inline constexpr Field ipython_reply[] = {
    {"shell", Type::boolean, "Always false."},
    {"msg", Type::text, "Why there is no shell."},
};
inline constexpr Field listsockets_reply[] = {
    {"sockets", Type::list,
     "`{fd, name, backlog}` with `host` and `port`, or `path`; sorted by fd, the number that it has in "
     "processes "
     "with use_sockets."},
};

inline constexpr Command arbiter_commands[] = {
    {"quit",
     Access::write,
     Waiting::possible,
     {},
     {},
     "Stop everything and end the daemon.",
     "Goes before everything else that is under way. The reply to a waiting quit is sent after the last "
     "process is gone."},
    {"ipython",
     Access::read,
     Waiting::never,
     {},
     ipython_reply,
     "Say that there is no Python shell.",
     "Circus starts a Python kernel here; this daemon has none."},
    {"listsockets", Access::read, Waiting::never, {}, listsockets_reply, "List managed sockets.", ""},
};

}  // namespace troupe::api
