#include <algorithm>

#include "lib/conf/find_option.h"
#include "lib/conf/kinds.h"
#include "lib/conf/map_kinds.h"
#include "lib/conf/option.h"
#include "lib/conf/option_row.h"

namespace troupe::conf {

namespace {

using W = WatcherConfig;

/// Which options `add` and `set` take, and which of them replace processes, is what Circus does, but where it
/// takes an option and then forgets it.
constexpr WatcherOption rows[] = {
    option<ArgsKind, &W::args>(
        {.name = "args",
         .fallback = "",
         .apply = Apply::respawn,
         .doc =
             "More arguments, split like `cmd` and appended to it. `add` and `set` also take a list, which "
             "is not split."}),
    option<FlagKind, &W::autostart>(
        {.name = "autostart",
         .fallback = "true",
         .apply = Apply::live,
         .doc = "Start the watcher with the daemon and with a `start` that names no watcher."}),
    option<FlagKind, &W::check_flapping>({.name = "check_flapping",
                                          .fallback = "true",
                                          .where = in_file,
                                          .doc = "Circus: read and not used."}),
    option<FlagKind, &W::close_child_stderr>({.name = "close_child_stderr",
                                              .fallback = "false",
                                              .apply = Apply::respawn,
                                              .doc = "Standard error of the processes is `/dev/null`."}),
    option<FlagKind, &W::close_child_stdin>({.name = "close_child_stdin",
                                             .fallback = "true",
                                             .apply = Apply::respawn,
                                             .doc = "Standard input of the processes is `/dev/null`."}),
    option<FlagKind, &W::close_child_stdout>({.name = "close_child_stdout",
                                              .fallback = "false",
                                              .apply = Apply::respawn,
                                              .doc = "Standard output of the processes is `/dev/null`."}),
    option<TextKind, &W::cmd>(
        {.name = "cmd",
         .fallback = "",
         .apply = Apply::respawn,
         .doc = "The command line, split into words as a shell would, with no shell run. `$(circus.wid)`, "
                "`$(circus.env.NAME)` and `$(circus.OPTION)` are replaced at each start of a process."}),
    option<FlagKind, &W::copy_env>(
        {.name = "copy_env",
         .fallback = "false",
         .apply = Apply::respawn,
         .doc = "Give the processes the daemon's environment, below the variables of the `[env]` sections. "
                "Without it they have only the latter."}),
    option<FlagKind, &W::copy_path>(
        {.name = "copy_path",
         .fallback = "false",
         .where = in_file_and_get,
         .doc = "Circus: give the processes the daemon's Python path. Needs `copy_env`.",
         .not_yet = "has no effect: this daemon has no Python path"}),
    option<EnvKind, &W::env>(
        {.name = "env",
         .fallback = "",
         .apply = Apply::respawn,
         .where = {.file = false, .set = true, .get = true},
         .doc = "The variables of the processes. Files give them in `[env]` and `[env:PATTERNS]` sections."}),
    option<OptionalTextKind, &W::executable>(
        {.name = "executable",
         .fallback = "",
         .apply = Apply::respawn,
         .doc = "The file to run, when it is not the first word of `cmd`, which then is only its name."}),
    option<UserKind, &W::gid>({.name = "gid",
                               .fallback = "",
                               .apply = Apply::respawn,
                               .doc = "Group of the processes, by name or number, looked up at each start."}),
    option<SecondsKind, &W::graceful_timeout>(
        {.name = "graceful_timeout",
         .fallback = "30",
         .apply = Apply::live,
         .doc = "How long a process may take to end after `stop_signal`; then it gets SIGKILL."}),
    option<SecondsKind, &W::hook_timeout>(
        {.name = "hook_timeout",
         .fallback = "30",
         .apply = Apply::live,
         .doc = "A hook that takes longer is ended and counts as one that failed."}),
    option<HooksKind, &W::hooks>({.name = "hooks",
                                  .fallback = "",
                                  .apply = Apply::live,
                                  .where = in_set,
                                  .doc = "Several `hooks.NAME` in one object."}),
    family<HookFamily, &W::hooks>(
        {.name = "hooks.*",
         .fallback = "",
         .apply = Apply::live,
         .doc = "What to ask before or to tell after something happens: a Python function "
                "`module.function`, or the path of a program. With `,true` it may fail.",
         .bad_value = BadValue::leaves_out}),
    option<WholeSecondsKind, &W::max_age>({.name = "max_age",
                                           .fallback = "0",
                                           .apply = Apply::respawn,
                                           .doc = "Replace a process when it is this old. 0: never.",
                                           .bad_value = BadValue::leaves_out}),
    option<WholeSecondsKind, &W::max_age_variance>(
        {.name = "max_age_variance",
         .fallback = "30",
         .apply = Apply::respawn,
         .doc = "A random time of up to this much is added to `max_age`, so that processes which started "
                "together do not end together.",
         .bad_value = BadValue::leaves_out}),
    option<IntegerKind<-1>, &W::max_retry>(
        {.name = "max_retry",
         .fallback = "5",
         .apply = Apply::live,
         .doc = "How many times in a row a start may fail before the watcher stops. -1: try for ever. The "
                "pauses between the tries grow."}),
    option<TextKind, &W::name>({.name = "name",
                                .fallback = "",
                                .where = in_file,
                                .doc = "The watcher's name, if it is not the one in the section's header."}),
    option<IntegerKind<0, most_processes>, &W::numprocesses>(
        {.name = "numprocesses", .fallback = "1", .apply = Apply::live, .doc = "How many processes to run."}),
    option<FlagKind, &W::on_demand>({.name = "on_demand",
                                     .fallback = "false",
                                     .where = in_file_and_get,
                                     .doc = "Start when somebody connects to one of the watcher's sockets."}),
    option<IntegerKind<-1000000>, &W::priority>(
        {.name = "priority",
         .fallback = "0",
         .apply = Apply::live,
         .doc = "Watchers of a higher priority start first; equal ones by name."}),
    option<FlagKind, &W::respawn>(
        {.name = "respawn",
         .fallback = "true",
         .apply = Apply::live,
         .doc = "Start a process again when it exits. Without it the watcher stops with its last process."}),
    option<SecondsKind, &W::restart_delay>(
        {.name = "restart_delay",
         .fallback = "0",
         .apply = Apply::live,
         .doc =
             "Wait this long before a process that ran and exited is started again; twice as long each next "
             "time, up to `restart_delay_max`."}),
    option<SecondsKind, &W::restart_delay_max>(
        {.name = "restart_delay_max",
         .fallback = "0",
         .apply = Apply::live,
         .doc = "The longest pause that `restart_delay` grows to. 0: it does not grow."}),
    option<SecondsKind, &W::restart_reset>(
        {.name = "restart_reset",
         .fallback = "10",
         .apply = Apply::live,
         .doc = "A process that lived this long starts again with the plain `restart_delay`."}),
    option<SecondsKind, &W::retry_in>({.name = "retry_in",
                                       .fallback = "0",
                                       .apply = Apply::live,
                                       .where = in_set,
                                       .doc = "Taken because clients of Circus send it; it has no effect."}),
    family<RlimitFamily, &W::rlimits>(
        {.name = "rlimit_*",
         .fallback = "",
         .apply = Apply::respawn,
         .doc = "A limit of setrlimit(2), soft and hard, by its name in lower case: `rlimit_nofile = 4096`. "
                "Empty: unlimited.",
         .bad_value = BadValue::leaves_out}),
    option<FlagKind, &W::send_hup>({.name = "send_hup",
                                    .fallback = "false",
                                    .apply = Apply::live,
                                    .doc = "A `reload` sends SIGHUP and replaces no process."}),
    option<FlagKind, &W::setsid>({.name = "setsid",
                                  .fallback = "true",
                                  .apply = Apply::respawn,
                                  .doc = "Each process leads a session and process group of its own."}),
    option<FlagKind, &W::shell>(
        {.name = "shell",
         .fallback = "false",
         .apply = Apply::respawn,
         .doc =
             "Run the words of `cmd` and `args`, each quoted, by `/bin/sh -c`. As in Circus, `|`, `>` and "
             "`$VAR` in them are therefore plain text; for a real shell line use `sh -c \"...\"` as `cmd`."}),
    option<OptionalTextKind, &W::shell_args>(
        {.name = "shell_args",
         .fallback = "",
         .apply = Apply::respawn,
         .doc = "With `shell`: arguments of the shell itself, `$0` and on."}),
    option<FlagKind, &W::singleton>({.name = "singleton",
                                     .fallback = "false",
                                     .apply = Apply::live,
                                     .doc = "The watcher never has more than one process."}),
    option<StreamKind, &W::stderr_stream>({.name = "stderr_stream",
                                           .fallback = "",
                                           .apply = Apply::live,
                                           .where = in_set,
                                           .doc = "All `stderr_stream.X` in one object with a `class`."}),
    family<StreamFamily, &W::stderr_stream>({.name = "stderr_stream.*",
                                             .fallback = "",
                                             .apply = Apply::live,
                                             .where = in_file_and_set,
                                             .doc = "Where standard error goes: see `stdout_stream.*`."}),
    option<ShownStreamKind, &W::stderr_stream>({.name = "stderr_stream_conf",
                                                .fallback = "",
                                                .where = in_get,
                                                .doc = "The `stderr_stream.X` of the watcher."}),
    option<OptionalTextKind, &W::stdin_socket>(
        {.name = "stdin_socket",
         .fallback = "",
         .where = in_file,
         .doc = "The managed socket that is the processes' standard input."}),
    option<StreamKind, &W::stdout_stream>({.name = "stdout_stream",
                                           .fallback = "",
                                           .apply = Apply::live,
                                           .where = in_set,
                                           .doc = "All `stdout_stream.X` in one object with a `class`."}),
    family<StreamFamily, &W::stdout_stream>(
        {.name = "stdout_stream.*",
         .fallback = "",
         .apply = Apply::live,
         .where = in_file_and_set,
         .doc = "Where standard output goes: `class`, `filename` and the options of the class. Processes are "
                "replaced "
                "only when there was no stream before, or is none any more."}),
    option<ShownStreamKind, &W::stdout_stream>({.name = "stdout_stream_conf",
                                                .fallback = "",
                                                .where = in_get,
                                                .doc = "The `stdout_stream.X` of the watcher."}),
    option<FlagKind, &W::stop_children>(
        {.name = "stop_children",
         .fallback = "false",
         .apply = Apply::live,
         .doc = "A stop also ends the processes that the process has started."}),
    option<SignalKind, &W::stop_signal>({.name = "stop_signal",
                                         .fallback = "TERM",
                                         .apply = Apply::live,
                                         .doc = "The signal that asks a process to end, by name or number."}),
    option<UserKind, &W::uid>(
        {.name = "uid",
         .fallback = "",
         .apply = Apply::respawn,
         .doc =
             "User of the processes, by name or number, looked up at each start; without `gid` it also sets "
             "that user's groups. A number that no user has keeps the daemon's group: then set `gid` too."}),
    option<OctalKind, &W::umask>({.name = "umask",
                                  .fallback = "",
                                  .apply = Apply::respawn,
                                  .doc = "File mode mask of the processes, octal. Empty: the daemon's.",
                                  .bad_value = BadValue::leaves_out}),
    option<FlagKind, &W::use_sockets>(
        {.name = "use_sockets",
         .fallback = "false",
         .where = in_file_and_get,
         .doc = "The processes inherit the managed sockets; without it all descriptors above 2 are closed."}),
    option<OptionalTextKind, &W::virtualenv>(
        {.name = "virtualenv",
         .fallback = "",
         .where = in_file,
         .doc = "The Python environment to run in: its `bin` comes first in PATH, and PYTHONPATH names its "
                "packages. Needs `copy_env`."}),
    option<OptionalTextKind, &W::virtualenv_py_ver>(
        {.name = "virtualenv_py_ver",
         .fallback = "",
         .where = in_file,
         .doc = "Python version of the `virtualenv`, as in 3.11. Empty: the only one that it has."}),
    option<PlainSecondsKind, &W::warmup_delay>(
        {.name = "warmup_delay",
         .fallback = "0",
         .apply = Apply::live,
         .doc = "Pause between the starts of two processes of the watcher."}),
    option<OptionalTextKind, &W::working_dir>(
        {.name = "working_dir",
         .fallback = "",
         .apply = Apply::respawn,
         .doc = "The folder that the processes start in. Empty: the daemon's."}),
};

}  // namespace

std::span<const WatcherOption> watcher_options() {
  return rows;
}

const WatcherOption* find_watcher_option(std::string_view key) {
  return find_option(watcher_options(), key);
}

}  // namespace troupe::conf
