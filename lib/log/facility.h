#pragma once

#include <optional>
#include <string_view>

namespace troupe::log {

/// The number of a facility of syslog(3) with this name ("daemon", "LOCAL0"), ready to be joined with a
/// level.
std::optional<int> find_facility(std::string_view name);

}  // namespace troupe::log
