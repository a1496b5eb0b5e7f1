#pragma once

#include "lib/api/command.h"

/// The commands about options: what each takes and answers, and what people read of it.
namespace troupe::api {

inline constexpr Param get_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher."},
    {"keys", Type::list, true, "", Cli::rest, "Names of options.", "key"},
};
inline constexpr Param set_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher."},
    {"options", Type::object, true, "", Cli::rest, "Options and their new values."},
};
inline constexpr Param options_params[] = {
    {"name", Type::watcher, true, "", Cli::positional, "The watcher."},
};
inline constexpr Param globaloptions_params[] = {
    {"option", Type::text, false, "", Cli::positional, "Only this option."},
};
inline constexpr Field options_reply[] = {
    {"options", Type::object, "Option to value."},
};

inline constexpr Command option_commands[] = {
    {"get", Access::read, Waiting::never, get_params, options_reply, "Show some options of a watcher.", ""},
    {"set",
     Access::write,
     Waiting::possible,
     set_params,
     {},
     "Change options of a watcher.",
     "Each key publishes one `updated` event. Keys that need new processes are followed by one graceful "
     "reload; docs/options.md tells which."},
    {"options", Access::read, Waiting::never, options_params, options_reply, "Show all options of a watcher.",
     "Free keys of the watcher's section are in it, as text. Secrets are masked."},
    {"globaloptions", Access::read, Waiting::never, globaloptions_params, options_reply,
     "Show the daemon's own options.", ""},
};

}  // namespace troupe::api
