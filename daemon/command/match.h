#pragma once

#include <string_view>
#include <vector>

#include "daemon/core/world.h"
#include "daemon/ports.h"
#include "lib/base/result.h"

namespace troupe::command {

/// The watchers that a name means to start, stop and restart: `glob` and `regex` are patterns, `simple` is
/// the exact name. Case does not count. Without wildcards a glob is a name too, and may have the form of
/// topics. Errors: `unknown match method`, a broken regex, no match, one that takes too long.
Result<std::vector<const core::Watcher*>> match_watchers(const core::World& world, std::string_view name,
                                                         std::string_view method, const Clock& clock);

}  // namespace troupe::command
