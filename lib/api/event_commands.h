#pragma once

#include "lib/api/command.h"

/// The commands about events: what each takes and answers, and what people read of it.
namespace troupe::api {

inline constexpr Param events_params[] = {
    {"topic", Type::text, false, R"("")", Cli::positional, "Only topics that begin with this."},
    {"since", Type::integer, false, "", Cli::option,
     "Only events after this number; from the oldest one kept when left out."},
    {"boot", Type::any, false, "", Cli::hidden,
     "The life of the daemon that since belongs to; of another life is an error."},
    {"limit", Type::integer, false, "1000", Cli::option, "At most this many, 1 to 1000."},
};
inline constexpr Field events_reply[] = {
    {"events", Type::list, "Payloads in order, each with its `topic`."},
    {"next", Type::integer,
     "The `since` of the next question. There is more until it is `last`, also after an empty page."},
    {"oldest", Type::integer, "The number of the oldest event kept."},
    {"last", Type::integer, "The number of the newest event."},
    {"boot", Type::text, "The life of the daemon that the numbers belong to."},
};

inline constexpr Field snapshot_reply[] = {
    {"seq", Type::integer, "The last event that the rest contains."},
    {"boot", Type::text, "The life of the daemon that seq belongs to."},
    {"watchers", Type::object,
     "Watcher to `{state, options, processes: [{wid, pid, started, state}]}`, names in their original case."},
    {"sockets", Type::list, "Managed sockets, as listsockets gives them."},
    {"plugins", Type::list, "Names of plugins."},
};

inline constexpr Param publish_params[] = {
    {"topic", Type::text, true, "", Cli::positional, "Not beginning with `watcher.` or `arbiter.`."},
    {"data", Type::object, false, "{}", Cli::rest, "The payload; at most 1 MiB as JSON."},
};
inline constexpr Field publish_reply[] = {
    {"seq", Type::integer, "The number that the event got."},
};

inline constexpr Command event_commands[] = {
    {"events", Access::read, Waiting::never, events_params, events_reply, "Show events that were published.",
     "The daemon keeps them in a ring of bounded size. When some after since are dropped already, the answer "
     "is errno 3 `events N..M are gone`. `troupectl events -f` follows what is published from now on."},
    {"snapshot",
     Access::read,
     Waiting::never,
     {},
     snapshot_reply,
     "Show the whole state, with the event number it belongs to.",
     "Events with a higher `seq` are the changes since."},
    {"publish", Access::write, Waiting::never, publish_params, publish_reply, "Put an event on the bus.",
     "The payload gets `time`, `seq` and `boot`; these keys and `topic` are left out of the data. Refused "
     "while "
     "subscribers leave more than 64 MiB of events unread."},
    {"listen",
     Access::read,
     Waiting::never,
     {},
     {},
     "Refer to the event endpoint.",
     "Always errno 3 `invalid message. use a pub/sub socket`, as in Circus. `troupectl listen [TOPIC...]` "
     "subscribes there."},
};

}  // namespace troupe::api
