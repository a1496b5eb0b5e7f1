#pragma once

#include <string>
#include <string_view>

namespace troupe::api {

/// The folder of a daemon's ipc endpoints under `[troupe]`, where clients look for them too: `/run/troupe`
/// for root; `$XDG_RUNTIME_DIR/troupe`, or without it `/tmp/troupe-UID`, for others. A `name` adds a
/// sub-folder. Whoever uses one in /tmp must check that it is a folder of this user's with mode 0700 and no
/// link.
std::string run_dir(unsigned uid, std::string_view xdg_runtime_dir, std::string_view name);

/// Names of the sockets in it.
inline constexpr std::string_view control_socket = "control";
inline constexpr std::string_view events_socket = "events";
inline constexpr std::string_view stats_socket = "stats";

}  // namespace troupe::api
