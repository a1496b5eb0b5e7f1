#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// The value that `set` and `add` send for an option of a watcher: what the option's row makes of the word.
/// Code::invalid: no such option ("unknown key 'gracefultimeout'; did you mean graceful_timeout?"), or a word
/// that is no signal where one is wanted. Whether other values are good is for the daemon to say.
Result<Value> option_value(std::string_view key, std::string_view word);

/// "; did you mean graceful_timeout?", or nothing, for a key that `get` did not find. A key without a row may
/// be a free one of the watcher's section, so only the daemon can say that there is none.
std::string near_option(std::string_view key);

}  // namespace troupe::ctl
