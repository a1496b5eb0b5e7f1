#pragma once

#include <cstddef>
#include <span>
#include <string_view>

/// What is known of the plugins that come with the runner without running it: enough to check a file and to
/// write the documents. The code of each is in plugins/NAME, which refers to its row here.
namespace troupe::conf {

/// One option of a plugin: a key of its section.
struct PluginOption {
  std::string_view name;
  std::string_view fallback;
  std::string_view doc;
};

struct BuiltinPlugin {
  std::string_view name;     ///< what `use` says
  std::string_view summary;  ///< one line
  std::span<const PluginOption> options;
  std::string_view circus_class = {};  ///< what `use` says in a file of Circus, if Circus has this plugin
};

namespace builtin {

inline constexpr PluginOption logger[] = {
    {"file", "-", "The file to append to; - is standard output."},
    {"format", "json", "json: a line of JSON for each event; text: a line for people."},
    {"since", "",
     "Where a new file begins: oldest (all that the daemon still has; so a file when nothing is said) or now "
     "(so standard output). A file that is there already goes on where it ended, whatever this says."},
};

inline constexpr PluginOption stats[] = {
    {"stats_endpoint", "", "Address to publish on; `statsd` fills in that of the root section."},
    {"group", "",
     "The group that may use an ipc `stats_endpoint`; `statsd` fills in that of the root section."},
};

}  // namespace builtin

/// The rows, sorted by name.
inline constexpr BuiltinPlugin builtin_plugins[] = {
    {"logger", "Writes every event to a file, and misses none.", builtin::logger},
    {"stats",
     "Publishes processor and memory of all processes, and how busy the managed sockets are, once a second; "
     "`statsd` in the root section runs it. See stats.md.",
     builtin::stats},
};

/// The row of that name. A name without one does not compile.
consteval BuiltinPlugin builtin_plugin(std::string_view name) {
  std::size_t i = 0;
  while (builtin_plugins[i].name != name) ++i;
  return builtin_plugins[i];
}

/// The row that a `use` means, by its name or its class in Circus. nullptr: no such plugin is built in.
const BuiltinPlugin* find_builtin_plugin(std::string_view use,
                                         std::span<const BuiltinPlugin> rows = builtin_plugins);

}  // namespace troupe::conf
