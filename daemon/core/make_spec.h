#pragma once

#include <optional>

#include "daemon/core/managed_sockets.h"
#include "daemon/core/spawn_spec.h"
#include "lib/base/result.h"
#include "lib/conf/variables.h"
#include "lib/conf/watcher_config.h"

namespace troupe::core {

/// What to start for one worker of a watcher: the command line split as a shell would, with the variables of
/// the second round (`$(circus.wid)` …) filled in; with `shell` the words quoted for `/bin/sh -c`, as Circus
/// does. `environment` is the
/// daemon's own. Error: a quote that is never closed, no command at all, or a stdin_socket that there is not.
Result<SpawnSpec> make_spec(const conf::WatcherConfig& config, int wid, const conf::Variables& environment,
                            const ManagedSockets& sockets = ManagedSockets());

/// Where an output of one worker goes; nothing: it is not captured. Its file may have variables in its name,
/// so that each process can have its own. Error: a stream that cannot be.
Result<std::optional<Capture>> make_capture(const conf::WatcherConfig& config, Output output, int wid,
                                            const conf::Variables& environment,
                                            const ManagedSockets& sockets);

/// How the process of a hook starts: as the daemon's user and in its folder, as hooks of Circus run inside of
/// it, with the watcher's environment over the daemon's. For a Python function argv stays empty.
SpawnSpec make_hook_spec(const conf::WatcherConfig& config, const conf::HookConfig& hook);

}  // namespace troupe::core
