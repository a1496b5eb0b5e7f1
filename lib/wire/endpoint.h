#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::wire {

/// The path of "ipc:///run/troupe/control"; nothing for other transports and for abstract names ("ipc://@x"),
/// which have no file.
std::optional<std::string> ipc_path(std::string_view endpoint);

/// The port of "tcp://127.0.0.1:5555"; nothing for other transports and for a port that the system chooses.
std::optional<int> tcp_port(std::string_view endpoint);

}  // namespace troupe::wire
