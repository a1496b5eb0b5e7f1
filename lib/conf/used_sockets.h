#pragma once

#include <set>
#include <string>

#include "lib/conf/watcher_config.h"

namespace troupe::conf {

/// The managed sockets that a watcher names, in lower case, whether they are there or not: by
/// `$(circus.sockets.NAME)` in `cmd`, `args` or `shell_args`, and by `stdin_socket`.
std::set<std::string> used_sockets(const WatcherConfig& watcher);

}  // namespace troupe::conf
