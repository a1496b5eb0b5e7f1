#pragma once

#include "plugins/host/plugin.h"

namespace troupe::plugins::stats {

/// Publishes processor and memory of all processes, and how busy the managed sockets are, once a second.
extern const PluginRow row;

}  // namespace troupe::plugins::stats
