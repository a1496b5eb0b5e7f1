#pragma once

#include <string_view>

#include "lib/base/value.h"

namespace troupe::ctl {

/// The value that `set` and `add` send for an option of a watcher: what the option's row makes of the word,
/// and a guess for a key without a row. Whether it is good is for the daemon to say.
Value option_value(std::string_view key, std::string_view word);

}  // namespace troupe::ctl
