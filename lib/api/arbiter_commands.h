#pragma once

#include "lib/api/command.h"

/// The commands about the daemon as a whole: what each takes and answers, and what people read of it.
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

inline constexpr Param reloadconfig_params[] = {
    {"dry_run", Type::boolean, false, "false", Cli::flag, "Tell what would be done, and do nothing.",
     "dry-run"},
};
inline constexpr Field reloadconfig_reply[] = {
    {"info", Type::object,
     "What is done: `{root, restarts, sockets, watchers}`. `root`: options of the root section that count at "
     "once; `restarts`: those that count when the daemon is started anew. `sockets` and `watchers`: "
     "`{added: [NAME], removed: [NAME], changed: {NAME: [option]}}`, with `resized: [NAME]` for watchers of "
     "which only numprocesses changed."},
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
    {"reloadconfig", Access::write, Waiting::possible, reloadconfig_params, reloadconfig_reply,
     "Read the configuration again and carry out what changed in it.",
     "What did not change keeps its processes. Watchers that are gone are stopped, those made by `add` too; "
     "changed ones are stopped and started with their new section, unless `set` could make the change while "
     "they run; of numprocesses only the difference is started or stopped. New ones are started if they "
     "have autostart. A file with errors changes nothing, and the reply names all of them."},
    {"listsockets", Access::read, Waiting::never, {}, listsockets_reply, "List managed sockets.", ""},
};

}  // namespace troupe::api
