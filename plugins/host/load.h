#pragma once

#include <string>

#include "lib/base/result.h"
#include "plugins/host/plugin.h"

namespace troupe::plugins {

/// The function that a shared object gives its row by, `troupe_plugin`. It is compiled against the headers of
/// this version; TROUPE_PLUGIN below writes it.
using GiveRow = const PluginRow*();
inline constexpr const char* give_row_name = "troupe_plugin";

/// The row of the plugin in a shared object, which stays loaded. Errors: it cannot be loaded, it is no
/// plugin.
Result<const PluginRow*> load_plugin(const std::string& path);

}  // namespace troupe::plugins

/// The last line of a shared object: the plugin that it holds, its name, its summary of one line, and if it
/// has options, their rows, a constexpr array:
///
///     TROUPE_PLUGIN(Mine, "mine", "Does this and that.");
#define TROUPE_PLUGIN(Type, ...)                                            \
  extern "C" const troupe::plugins::PluginRow* troupe_plugin() {            \
    static constexpr auto row = troupe::plugins::row_of<Type>(__VA_ARGS__); \
    return &row;                                                            \
  }                                                                         \
  extern "C" const troupe::plugins::PluginRow* troupe_plugin() /* ended by a semicolon */
