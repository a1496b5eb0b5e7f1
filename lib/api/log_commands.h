#pragma once

#include "lib/api/command.h"

/// The commands about what processes have written: what each takes and answers, and what people read of it.
namespace troupe::api {

inline constexpr Param logs_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher, or one process of it as NAME/WID.",
     "name[/wid]"},
    {"wid",
     Type::integer,
     false,
     "",
     Cli::hidden,
     "Only this process, and those that had its place before.",
     {},
     pids},
    {"stream", Type::text, false, "", Cli::option, "Only `stdout` or `stderr`."},
    {"since", Type::integer, false, "", Cli::option, "Only lines after this number; else the last ones."},
    {"limit", Type::integer, false, "100", Cli::option, "At most this many lines, 1 to 1000.", {}, {1, 1000}},
    {"patience", Type::number, false, "30.0", Cli::hidden,
     "With waiting: answer after so many seconds at the latest, at most 300."},
};
inline constexpr Field logs_reply[] = {
    {"lines", Type::list,
     "In the order of their arrival: `{time, wid, pid, stream, message}`. `time` is when the end of the line "
     "came."},
    {"next", Type::integer,
     "The `since` of the next question, which then gives what came after this answer."},
};

inline constexpr Command log_commands[] = {
    {"logs", Access::read, Waiting::possible, logs_params, logs_reply, "Show the last output of processes.",
     "Of watchers with a `stdout_stream` or `stderr_stream`; the daemon keeps up to 64 KiB of each output of "
     "a "
     "process, 32 MiB in all, also of the last few that are gone. With waiting and since it answers when "
     "there is "
     "a line, or without one when its patience is over. `troupectl logs -f` goes on with what comes."},
};

}  // namespace troupe::api
