#pragma once

#include <span>

#include "plugins/host/plugin.h"

namespace troupe::plugins {

/// The plugins that are built in, sorted by name.
std::span<const PluginRow* const> registry();

}  // namespace troupe::plugins
