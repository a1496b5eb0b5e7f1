#pragma once

#include <string>

#include "lib/conf/arbiter_config.h"

namespace troupe {

/// Gives the watcher of a `[plugin:NAME]` section its command: the runner with the endpoints and the
/// section's options, `key:value` joined with `:::` as Circus hands them over, each as one word whatever is
/// in it. Watchers that are no plugin stay as they are.
void complete_plugin(conf::WatcherConfig& watcher, const conf::ArbiterConfig& arbiter,
                     const std::string& runner);

/// troupe-plugin: beside this program, where the build puts it, or by name through PATH.
std::string find_plugin_runner();

}  // namespace troupe
