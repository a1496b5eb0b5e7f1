#pragma once

#include <string>

#include "lib/base/result.h"
#include "plugins/host/plugin.h"

namespace troupe::plugins {

/// The function that a shared object gives its row by. It is compiled against the headers of this version:
///
///   extern "C" const troupe::plugins::PluginRow* troupe_plugin();
using GiveRow = const PluginRow*();
inline constexpr const char* give_row_name = "troupe_plugin";

/// The row of the plugin in a shared object, which stays loaded. Errors: it cannot be loaded, it is no
/// plugin.
Result<const PluginRow*> load_plugin(const std::string& path);

}  // namespace troupe::plugins
