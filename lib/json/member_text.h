#pragma once

#include <optional>
#include <string_view>

namespace troupe::json {

/// A member of a JSON object as it was written, without the white space around: for what has to go back to
/// the letter, such as an integer of any length. Of a key that comes twice the last counts. The text has to
/// be an object that a Reader has taken.
std::optional<std::string_view> find_member_text(std::string_view object, std::string_view key);

/// The length of the JSON string at the beginning of the text, quotes included; everything when it has no
/// end.
std::size_t string_length(std::string_view text);

}  // namespace troupe::json
