#pragma once

#include <string>
#include <string_view>

namespace troupe::json {

/// The JSON text with every integer that has more than 64 bits written as a float ("1…0" → "1…0e0"), so that
/// a reader that knows no big integers takes it. Text that is no JSON comes back as some text that is none
/// either.
std::string widen_big_integers(std::string_view text);

}  // namespace troupe::json
