#pragma once

#include <string_view>

namespace troupe::api {

/// What the programs say to `--version` when they are called by Circus's names: the release that they stand
/// in for.
inline constexpr std::string_view circus_version = "0.19.0";

/// Where Circus listens for commands unless it is told otherwise, and ours under `[circus]`.
inline constexpr std::string_view circus_endpoint = "tcp://127.0.0.1:5555";
/// Where it publishes events and statistics.
inline constexpr std::string_view circus_events_endpoint = "tcp://127.0.0.1:5556";
inline constexpr std::string_view circus_stats_endpoint = "tcp://127.0.0.1:5557";

}  // namespace troupe::api
