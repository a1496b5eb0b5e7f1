#pragma once

#include <map>
#include <string>

#include "lib/conf/watcher_config.h"

namespace troupe {

/// Where plugins connect to: the endpoints as they are bound, with the ports that the system chose. A host
/// that means every address of this machine is the loopback.
struct PluginEndpoints {
  std::string control;
  std::string events;
  /// What their environment has besides: no secrets, everybody may read it (`get`).
  std::map<std::string, std::string> environment{};
};
PluginEndpoints plugin_endpoints(const std::string& bound_control, const std::string& bound_events);

/// Gives the watcher of a `[plugin:NAME]` section its command: the runner with the endpoints and the
/// section's options, `key:value` joined with `:::` as Circus hands them over, each as one word whatever is
/// in it. `debug`: it logs from level debug on. Watchers that are no plugin stay as they are.
void complete_plugin(conf::WatcherConfig& watcher, const PluginEndpoints& endpoints,
                     const std::string& runner, bool debug = false);

/// troupe-plugin: beside this program, in `bin` beside its folder (as installed, wherever that was moved),
/// where the build puts it, or by name through PATH.
std::string find_plugin_runner();

}  // namespace troupe
