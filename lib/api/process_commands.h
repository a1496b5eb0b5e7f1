#pragma once

#include "lib/api/command.h"

/// The commands about single processes and their number: what each takes and answers, and what people read of
/// it.
namespace troupe::api {

inline constexpr Param resize_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher to resize."},
    {"nb", Type::integer, false, "1", Cli::positional, "How many processes more or fewer.", "n"},
};
inline constexpr Field resize_reply[] = {
    {"numprocesses", Type::integer, "The new target; only with waiting, or when the watcher is a singleton."},
    {"singleton", Type::boolean, "True when the watcher is a singleton: its number stays at one."},
};

inline constexpr Param numprocesses_params[] = {
    {"name", Type::watcher, false, "", Cli::positional, "Count only this watcher's."},
};
inline constexpr Field numprocesses_reply[] = {
    {"numprocesses", Type::integer, "How many processes there are."},
    {"watcher_name", Type::text, "The name as it was sent; only with name."},
};

inline constexpr Param signal_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher whose processes get the signal."},
    {"pid", Type::integer, false, "", Cli::positional, "Only this process of the watcher.", {}, pids},
    {"childpid",
     Type::integer,
     false,
     "",
     Cli::option,
     "Only this direct child of the process; needs pid.",
     {},
     pids},
    {"signum", Type::signal, true, "", Cli::positional, "A number or a name: 1, HUP, SIGHUP, RTMIN+1."},
    {"children", Type::boolean, false, "false", Cli::flag, "Only the direct children, not the process."},
    {"recursive", Type::boolean, false, "false", Cli::flag, "The process and all its descendants."},
};

inline constexpr Param kill_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher whose processes are stopped."},
    {"pid", Type::integer, false, "", Cli::positional, "Only this process of the watcher.", {}, pids},
    {"signum", Type::signal, false, "", Cli::option, "Instead of the watcher's stop_signal."},
    {"graceful_timeout", Type::number, false, "", Cli::option,
     "Seconds until SIGKILL, instead of the watcher's."},
};

inline constexpr Command process_commands[] = {
    {"incr", Access::write, Waiting::possible, resize_params, resize_reply, "Add processes to a watcher.",
     ""},
    {"decr", Access::write, Waiting::possible, resize_params, resize_reply, "Remove processes of a watcher.",
     "The number never falls below zero."},
    {"numprocesses", Access::read, Waiting::never, numprocesses_params, numprocesses_reply,
     "Tell how many processes run.", "Without name: those of all watchers."},
    {"signal",
     Access::write,
     Waiting::never,
     signal_params,
     {},
     "Send a signal to processes.",
     "Goes to all processes of the watcher, or to one. No event is published. A pid that is not the "
     "watcher's is an error only with children or childpid, as in Circus."},
    {"kill",
     Access::write,
     Waiting::possible,
     kill_params,
     {},
     "Stop processes, so that others replace them.",
     "Each process gets the stop signal, and SIGKILL after graceful_timeout. The watcher stays active and "
     "starts replacements. A pid that is not the watcher's is no error."},
};

}  // namespace troupe::api
