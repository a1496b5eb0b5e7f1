#pragma once

#include <span>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::conf {

/// The limits that Linux knows, as in `rlimit_NAME`, lower case, sorted: setrlimit(2) without RLIMIT_.
std::span<const std::string_view> rlimit_names();

/// The hooks that Circus calls, sorted.
std::span<const std::string_view> hook_names();

/// Whether the sorted names have this one.
bool is_name(std::span<const std::string_view> names, std::string_view name);

/// Of watchers, plugins and sockets: names go into topics, log lines and terminals.
inline constexpr std::size_t longest_name = 255;

/// Code::invalid: the name is empty, is not UTF-8, has a control character, or is longer than longest_name
/// bytes.
Result<void> check_name(std::string_view name);

}  // namespace troupe::conf
