#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace troupe {

/// Splits a command line into words as a POSIX shell would, without running one: white space separates,
/// '...' is literal, "..." keeps \" and \\ escapes, a backslash outside quotes takes the next character.
/// Nothing is expanded. Error: a quote that is never closed, a backslash at the end.
Result<std::vector<std::string>> split_words(std::string_view text);

/// The word quoted so that split_words gives it back as one word.
std::string quote_word(std::string_view word);

}  // namespace troupe
