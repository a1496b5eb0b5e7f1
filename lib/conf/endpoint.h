#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::conf {

/// The longest path of a Unix socket, in bytes: sun_path of Linux without the NUL (unix(7)).
inline constexpr std::size_t longest_socket_path = 107;

/// Whether an endpoint can be bound at all, as far as its text tells. Code::invalid.
Result<void> check_endpoint(std::string_view endpoint);

/// Whether others than this machine can reach it: TCP on anything but 127.0.0.0/8, ::1, localhost and lo.
bool is_beyond_loopback(std::string_view endpoint);

/// The address under which an endpoint is reached that may be bound to every address of its machine: there,
/// at the host of another endpoint by which the machine is known; when that has none, from the machine
/// itself. `tcp://*:5556` beside `tcp://10.0.0.1:5555` is `tcp://10.0.0.1:5556`, and beside an ipc endpoint
/// `tcp://127.0.0.1:5556`.
std::string reachable(std::string_view endpoint, std::string_view known = {});

}  // namespace troupe::conf
