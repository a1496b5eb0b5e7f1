#pragma once

#include <string>
#include <string_view>

namespace troupe {

/// Text from outside, safe for a terminal: control characters as `\x1b`, so that no name or command line of a
/// process can move the cursor or change colours.
std::string printable(std::string_view text);

}  // namespace troupe
