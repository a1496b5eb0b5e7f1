#pragma once

#include <span>
#include <string_view>

namespace troupe::conf {

/// The limits that Linux knows, as in `rlimit_NAME`, lower case, sorted: setrlimit(2) without RLIMIT_.
std::span<const std::string_view> rlimit_names();

/// The hooks that Circus calls, sorted.
std::span<const std::string_view> hook_names();

/// Whether the sorted names have this one.
bool is_name(std::span<const std::string_view> names, std::string_view name);

}  // namespace troupe::conf
