#pragma once

#include <string_view>

namespace troupe {

/// Shell pattern over the whole text: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`; no escapes; `*` crosses slashes
/// and leading dots, as Python's fnmatch does for Circus. Case counts.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace troupe
