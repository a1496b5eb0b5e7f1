#pragma once

#include "plugins/host/plugin.h"

namespace troupe::plugins::logger {

/// Writes every event to a file.
extern const PluginRow row;

}  // namespace troupe::plugins::logger
