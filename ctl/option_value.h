#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// The value that `set` and `add` send for an option of a watcher, by the option's row.
Result<Value> option_value(std::string_view key, std::string_view word);

}  // namespace troupe::ctl
