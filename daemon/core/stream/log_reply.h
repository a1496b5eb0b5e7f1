#pragma once

#include "daemon/core/stream/tails.h"
#include "lib/base/value.h"

namespace troupe::core {

/// The reply of the command `logs`.
Value log_reply(LogPage page);

}  // namespace troupe::core
