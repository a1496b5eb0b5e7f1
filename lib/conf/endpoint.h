#pragma once

#include <string_view>

#include "lib/base/result.h"

namespace troupe::conf {

/// Whether an endpoint can be bound at all, as far as its text tells. Code::invalid.
Result<void> check_endpoint(std::string_view endpoint);

/// Whether others than this machine can reach it: TCP on anything but 127.0.0.0/8, ::1, localhost and lo.
bool is_beyond_loopback(std::string_view endpoint);

}  // namespace troupe::conf
