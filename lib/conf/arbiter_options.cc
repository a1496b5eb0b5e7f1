#include "lib/conf/find_option.h"
#include "lib/conf/kinds.h"
#include "lib/conf/option.h"
#include "lib/conf/option_row.h"

namespace troupe::conf {

namespace {

using A = ArbiterConfig;

constexpr std::string_view no_httpd = "is not carried out: there is no web page";

constexpr ArbiterOption rows[] = {
    option<NumberKind, &A::check_delay>({.name = "check_delay",
                                         .fallback = "5",
                                         .apply = Apply::live,
                                         .where = in_file_and_get,
                                         .doc = "Circus: the time between two looks at the processes. "
                                                "Accepted and shown; nothing is polled here."}),
    option<OptionalTextKind, &A::curve_clients>(
        {.name = "curve_clients",
         .fallback = "",
         .where = in_file,
         .doc =
             "Folder with a file for each client that TCP endpoints let in: his public key, as `troupectl "
             "keygen` "
             "writes it beside the secret one. What changes in it counts when a client connects, and after "
             "reloadconfig."}),
    option<OptionalTextKind, &A::curve_server_key>(
        {.name = "curve_server_key",
         .fallback = "",
         .where = in_file,
         .doc =
             "File of the daemon's secret key, made by `troupectl keygen`, for its owner only. TCP endpoints "
             "are "
             "then encrypted, and let in only the clients of curve_clients; ipc endpoints are guarded by the "
             "modes of their files."}),
    option<FlagKind, &A::debug>(
        {.name = "debug",
         .fallback = "false",
         .apply = Apply::live,
         .where = in_file,
         .doc = "Plugins log more, and write to the daemon's output; otherwise their standard output, and "
                "under `[circus]` their standard error too, is `/dev/null`."}),
    option<FlagKind, &A::debug_gc>({.name = "debug_gc",
                                    .fallback = "false",
                                    .apply = Apply::live,
                                    .where = in_file,
                                    .doc = "Circus: debug the garbage collector of Python.",
                                    .not_yet = "has no effect: there is no garbage collector"}),
    option<TextKind, &A::endpoint>(
        {.name = "endpoint",
         .fallback = "",
         .where = in_file_and_get,
         .doc = "Address that commands come to. Default: `ipc://RUN_DIR/control`, under "
                "`[circus]` `tcp://127.0.0.1:5555`."}),
    option<OptionalTextKind, &A::endpoint_owner>(
        {.name = "endpoint_owner",
         .fallback = "",
         .where = in_file,
         .doc = "The user who owns the file of an ipc `endpoint`; `add` must then give the same `uid`."}),
    option<BytesKind, &A::event_ring>(
        {.name = "event_ring",
         .fallback = "64M",
         .where = in_file,
         .doc = "How many bytes of past events are kept for clients that missed some."}),
    option<OptionalTextKind, &A::fqdn_prefix>({.name = "fqdn_prefix",
                                               .fallback = "",
                                               .apply = Apply::live,
                                               .where = in_file,
                                               .doc = "Circus: stored and used nowhere."}),
    option<OptionalTextKind, &A::group>(
        {.name = "group",
         .fallback = "",
         .where = in_file,
         .doc = "The group that may use the ipc endpoints: their folder becomes 0750, they 0660."}),
    option<FlagKind, &A::httpd>({.name = "httpd",
                                 .fallback = "false",
                                 .where = in_file,
                                 .doc = "Circus: run its web page.",
                                 .not_yet = no_httpd}),
    option<FlagKind, &A::httpd_close_outputs>(
        {.name = "httpd_close_outputs",
         .fallback = "false",
         .apply = Apply::live,
         .where = in_file,
         .doc = "Circus documents it and does not read it. Accepted and unused."}),
    option<TextKind, &A::httpd_host>(
        {.name = "httpd_host", .fallback = "localhost", .where = in_file, .doc = "Host of `httpd`."}),
    option<IntegerKind<0>, &A::httpd_port>(
        {.name = "httpd_port", .fallback = "8080", .where = in_file, .doc = "Port of `httpd`."}),
    option<TextKind, &A::include>(
        {.name = "include",
         .fallback = "",
         .apply = Apply::live,  // read again by restart
         .where = in_file,
         .doc = "More files to read, shell patterns separated by white space, relative to "
                "this file. What a file says counts before what its includes say."}),
    option<TextKind, &A::include_dir>(
        {.name = "include_dir",
         .fallback = "",
         .apply = Apply::live,
         .where = in_file,
         .doc = "Folders whose `*.ini` files are read like those of `include`."}),
    option<FlagKind, &A::insecure_tcp>({.name = "insecure_tcp",
                                        .fallback = "false",
                                        .where = in_file,
                                        .doc = "Allow TCP endpoints beyond this machine, where everybody who "
                                               "reaches them commands the daemon."}),
    option<OptionalTextKind, &A::loggerconfig>({.name = "loggerconfig",
                                                .fallback = "",
                                                .where = in_file,
                                                .doc = "Circus: a configuration of Python's logging.",
                                                .not_yet = "is not carried out: use loglevel and logoutput"}),
    option<TextKind, &A::loglevel>({.name = "loglevel",
                                    .fallback = "info",
                                    .apply = Apply::live,
                                    .where = in_file,
                                    .doc = "debug, info, warning, error or critical; the command line's "
                                           "--log-level counts before it."}),
    option<TextKind, &A::logoutput>(
        {.name = "logoutput",
         .fallback = "-",
         .where = in_file,
         .doc =
             "A file that the log is appended to, opened anew when it was renamed; `-` or `stdout`: standard "
             "error; `syslog`: the system's log; `syslog://HOST[:PORT]?FACILITY` (514) or "
             "`syslog:///PATH?FACILITY`: the syslog there (`user` without a facility)."}),
    option<IntegerKind<1>, &A::max_connections>({.name = "max_connections",
                                                 .fallback = "1024",
                                                 .where = in_file,
                                                 .doc = "How many clients may be connected at once."}),
    option<LeastBytesKind<1024>, &A::max_message>(
        {.name = "max_message",
         .fallback = "8M",
         .where = in_file,
         .doc = "The longest request, at least 1K; a client that sends a longer one is cut off."}),
    option<TextKind, &A::multicast_endpoint>(
        {.name = "multicast_endpoint",
         .fallback = "",
         .where = in_file_and_get,
         .doc = "UDP multicast address where every datagram is answered with the address that commands come "
                "to. Empty: nowhere. Default: empty, under `[circus]` `udp://237.219.251.97:12027`."}),
    option<OptionalTextKind, &A::pidfile>(
        {.name = "pidfile", .fallback = "", .where = in_file, .doc = "File that holds the daemon's pid."}),
    option<TextKind, &A::pubsub_endpoint>(
        {.name = "pubsub_endpoint",
         .fallback = "",
         .where = in_file_and_get,
         .doc = "Address that events are published on. Default: "
                "`ipc://RUN_DIR/events`, under `[circus]` `tcp://127.0.0.1:5556`."}),
    option<TextKind, &A::run_dir>({.name = "run_dir",
                                   .fallback = "",
                                   .where = in_file,
                                   .doc = "Folder of the ipc endpoints. Default: `/run/troupe` for root, "
                                          "`$XDG_RUNTIME_DIR/troupe` for others, else `/tmp/troupe-UID`. "
                                          "`--name` adds a sub-folder."}),
    option<TextKind, &A::stats_endpoint>(
        {.name = "stats_endpoint",
         .fallback = "",
         .apply = Apply::live,
         .where = in_file_and_get,
         .doc = "Address that statistics are published on, if `statsd` is on. Default: "
                "`ipc://RUN_DIR/stats`, under `[circus]` `tcp://127.0.0.1:5557`."}),
    option<FlagKind, &A::statsd>({.name = "statsd",
                                  .fallback = "false",
                                  .apply = Apply::live,
                                  .where = in_file,
                                  .doc = "Publish statistics of all processes once a second, by a plugin "
                                         "whose watcher is `plugin:stats`, "
                                         "under `[circus]` `circusd-stats`; see stats.md."}),
    option<FlagKind, &A::statsd_close_outputs>(
        {.name = "statsd_close_outputs",
         .fallback = "false",
         .apply = Apply::live,
         .where = in_file,
         .doc = "What the plugin of `statsd` writes goes to `/dev/null`."}),
    option<TextKind, &A::stream_backend>({.name = "stream_backend",
                                          .fallback = "thread",
                                          .apply = Apply::live,
                                          .where = in_file,
                                          .doc = "`thread` or `gevent`: Circus documents it and does not "
                                                 "read it any more. Accepted and unused."}),
    option<OctalKind, &A::umask>({.name = "umask",
                                  .fallback = "",
                                  .where = in_file,
                                  .doc = "File mode mask of the daemon, so of all processes, octal."}),
    option<PlainSecondsKind, &A::warmup_delay>({.name = "warmup_delay",
                                                .fallback = "0",
                                                .apply = Apply::live,
                                                .where = in_file,
                                                .doc = "Pause after the start of each watcher."}),
};

}  // namespace

std::span<const ArbiterOption> arbiter_options() {
  return rows;
}

const ArbiterOption* find_arbiter_option(std::string_view key) {
  return find_option(arbiter_options(), key);
}

}  // namespace troupe::conf
