#pragma once

#include "lib/api/command.h"

/// The commands about processor and memory: what each takes and answers, and what people read of it.
namespace troupe::api {

inline constexpr Param stats_params[] = {
    {"name", Type::watcher, false, "", Cli::positional, "Only this watcher."},
    {"process", Type::integer, false, "", Cli::positional, "Only this pid of the watcher.", "pid", pids},
    {"extended", Type::boolean, false, "false", Cli::flag, "Ask the extended_stats hook too; needs name."},
};
inline constexpr Field stats_reply[] = {
    {"infos", Type::object, "Watcher to pid to the facts of the process; only without name."},
    {"name", Type::text, "As it was sent; only with name and without process."},
    {"process", Type::any, "As it was sent; only with process."},
    {"info", Type::object,
     "With name: pid to facts; with process: its facts. Facts are `pid`, `cmdline`, `username`, `nice`, "
     "`mem_info1` (resident) and `mem_info2` (virtual) as text like `1.45M`, `cpu` (percent of one processor "
     "since the last question), `mem` (percent of the machine's), `ctime` (`M:SS.cc`), `create_time`, `age`, "
     "`children` (the same of each direct child), and of a watched process `started` and `wid`."},
};
inline constexpr Field dstats_reply[] = {
    {"info", Type::object, "The facts of the daemon itself (its arbiter), as in stats."},
    {"keeper", Type::object, "The same of its keeper."},
    {"version", Type::text, "Which Troupe it is."},
};

inline constexpr Command stats_commands[] = {
    {"stats", Access::read, Waiting::never, stats_params, stats_reply, "Show what processes use.", ""},
    {"dstats", Access::read, Waiting::never, {}, dstats_reply, "Show what the daemon itself uses.", ""},
};

}  // namespace troupe::api
