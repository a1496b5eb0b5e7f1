#pragma once

#include "lib/api/command.h"

/// The commands about watchers: what each takes and answers, and what people read of it.
namespace troupe::api {

inline constexpr Param list_params[] = {
    {"name", Type::watcher, false, "", Cli::positional, "List this watcher's processes."},
};
inline constexpr Field list_reply[] = {
    {"watchers", Type::list, "Names in lower case, sorted; only without name."},
    {"pids", Type::list, "Process ids; only with name."},
};

inline constexpr Field numwatchers_reply[] = {
    {"numwatchers", Type::integer, "How many watchers there are."},
};

inline constexpr Param status_params[] = {
    {"name", Type::watcher, false, "", Cli::positional, "Tell this watcher's state only."},
};
inline constexpr Field status_reply[] = {
    {"status", Type::text,
     "With name the state in place of `ok`: `active`, `stopped`, `starting` or `stopping`."},
    {"statuses", Type::object, "Watcher to state, as Circus gives it; only without name."},
    {"details", Type::object,
     "Watcher to `{state, wanted, running, since, error: {stage, errno, text, at}, next_try, held: {by, "
     "reason, until}}`; with name too, then of that watcher alone. `state` says more than Circus's four "
     "words: "
     "also `failed` (cannot run, or was given up), `backoff` (a start failed and is tried again), `held` and "
     "`spinning` (processes end as fast as they start). `wanted` is `active` or `stopped`, `running` a "
     "number "
     "of processes. `last_exit: {pid, wid, exit_code, text, at}` is the process that last ended by itself. "
     "`stray` are the pids of processes that a stop could not end, since they had taken the identity of "
     "another user, until they end by themselves. `awaits` are the managed sockets that an on_demand watcher "
     "waits for. `next_try` is when the next process is started by itself: after a failed start, in "
     "restart_delay or in warmup_delay. `error`, `last_exit`, `next_try`, `held`, `stray` and `awaits` only "
     "when there is something to say. Times are seconds since 1970."},
};

inline constexpr Param match_params[] = {
    {"name", Type::watcher, false, "", Cli::positional, "A watcher or a pattern."},
    {"match", Type::text, false, R"("glob")", Cli::option, "How name is read: glob, simple or regex."},
};
inline constexpr Field start_reply[] = {
    {"info", Type::object,
     "`{started, kept}`: pids; only with waiting and one matching watcher. `error` tells why some are "
     "missing, after max_retry failed starts."},
    {"errors", Type::object,
     "Watcher to why some of its processes are missing; only with waiting and several watchers."},
};
inline constexpr Field stop_reply[] = {
    {"info", Type::any, "null; only with waiting and one matching watcher."},
};
inline constexpr Field restart_reply[] = {
    {"info", Type::object,
     "`{stopped, started, kept}`: pids; only with waiting and one watcher; `error` as for start."},
    {"errors", Type::object, "As for start, with waiting and several watchers."},
};

inline constexpr Param reload_params[] = {
    {"name", Type::watcher, false, "", Cli::positional, "The watcher; all when left out."},
    {"graceful", Type::boolean, false, "true", Cli::inverted,
     "Start the new processes before the old ones stop; otherwise restart.", "terminate"},
    {"sequential", Type::boolean, false, "false", Cli::flag, "Replace one process after the other."},
};

inline constexpr Param add_params[] = {
    {"name", Type::text, true, "", Cli::positional, "The name of the new watcher."},
    {"cmd", Type::text, true, "", Cli::rest, "The command line to run."},
    {"args", Type::words, false, "", Cli::hidden, "More words for the command line."},
    {"options", Type::object, false, "{}", Cli::option, "Options of the watcher, as for set.", "option"},
    {"start", Type::boolean, false, "false", Cli::flag, "Start it at once."},
};
inline constexpr Field add_reply[] = {
    {"started", Type::list, "Pids; only with start and waiting."},
    {"kept", Type::list, "Always empty; only with start and waiting."},
    {"error", Type::text, "Why processes are missing; only with start and waiting."},
};

inline constexpr Param rm_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher to remove."},
    {"nostop", Type::boolean, false, "false", Cli::flag,
     "Leave its processes running, unwatched; they get stop_signal when the daemon ends."},
};

inline constexpr Param held_wid{"wid", Type::integer, false,
                                "",    Cli::option,   "Only the process with this number in the watcher.",
                                {},    wids};
inline constexpr Param hold_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher."},
    held_wid,
    {"by", Type::text, false, R"("operator")", Cli::option, "Who holds it; shown by status."},
    {"reason", Type::text, false, R"("")", Cli::option, "Why, in up to 1000 bytes; shown by status."},
    {"until", Type::number, false, "", Cli::option,
     "Seconds since 1970 when the hold ends by itself: in the future, and in less than a hundred years; for "
     "ever when left out."},
};
inline constexpr Param unhold_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher."},
    held_wid,
    {"by", Type::text, false, "", Cli::option, "Only the hold of this holder; all holds when left out."},
};

inline constexpr Command watcher_commands[] = {
    {"list", Access::read, Waiting::never, list_params, list_reply, "List watchers, or a watcher's pids.",
     ""},
    {"numwatchers",
     Access::read,
     Waiting::never,
     {},
     numwatchers_reply,
     "Tell how many watchers there are.",
     ""},
    {"status", Access::read, Waiting::never, status_params, status_reply, "Show the state of watchers.",
     "`troupectl status NAME` of a stopped watcher leaves with 3, as LSB init scripts do."},
    {"start", Access::write, Waiting::possible, match_params, start_reply, "Start watchers.",
     "Without name: all with autostart. A start ends all holds of the watcher: whoever starts by hand means "
     "it. A glob (`*`, `?`, `[...]`) covers the whole name, a regex is "
     "anchored "
     "at its start only; names and patterns are compared in lower case."},
    {"stop", Access::write, Waiting::possible, match_params, stop_reply, "Stop watchers.",
     "Without name: all, plugins included; the daemon stays. Processes get stop_signal, and SIGKILL after "
     "graceful_timeout."},
    {"restart", Access::write, Waiting::possible, match_params, restart_reply, "Stop and start watchers.",
     "Without name: the whole arbiter, with its configuration read anew. Of several watchers all stop at "
     "once, "
     "and start in the order of their priorities, with warmup_delay between. Ends all holds, as start does."},
    {"reload", Access::write, Waiting::possible, reload_params, restart_reply,
     "Replace the processes of watchers.",
     "Without name: all watchers one after the other, in the order of starts (priority, then name), with "
     "warmup_delay between. A watcher with send_hup gets SIGHUP instead. "
     "Ends all holds, as start does, but where SIGHUP is sent."},
    {"add", Access::write, Waiting::possible, add_params, add_reply, "Add a watcher.",
     "It is stopped unless start is given. A name that is taken is an error; case does not count."},
    {"rm",
     Access::write,
     Waiting::possible,
     rm_params,
     {},
     "Stop a watcher and forget it.",
     "What processes that nostop left running do later is told by no event."},
    {"hold",
     Access::write,
     Waiting::never,
     hold_params,
     {},
     "Keep a watcher from starting processes.",
     "Processes that run go on; one that ends is not replaced until the hold is gone: by unhold, at `until`, "
     "or "
     "by a start, restart or reload of the watcher, which end all its holds. A further hold of the same `by` "
     "and `wid` takes the place of the first."},
    {"unhold", Access::write, Waiting::never, unhold_params, {}, "End a hold.", ""},
};

}  // namespace troupe::api
