#pragma once

#include <optional>
#include <string_view>

#include "lib/os/who_listens.h"

namespace troupe::wire {

/// Who listens at a tcp:// or ipc:// endpoint. Reads all of /proc: for error messages only.
std::optional<os::Listener> who_listens(std::string_view endpoint);

}  // namespace troupe::wire
