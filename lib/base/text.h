#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// ASCII only, whatever the locale: names and options of the wire are compared this way.
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// A watcher's name as it stands in the topics of its events: in lower case, blanks as `_` (Circus).
std::string topic_form(std::string_view name);

std::string_view trim(std::string_view text);
/// Pieces between separators; empty pieces are kept. An empty text gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);
/// Pieces between runs of white space; never an empty one.
std::vector<std::string_view> split_spaces(std::string_view text);
std::string join(std::span<const std::string> pieces, std::string_view separator);

/// The text; of one that has more than `most` bytes the beginning and the end, with "…" between. UTF-8 is not
/// torn.
std::string shorten(std::string_view text, std::size_t most);

/// The whole text as a decimal number, or nothing; a leading `+` is accepted.
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);
/// yes true on 1 / no false off 0, any case (as Circus reads them).
std::optional<bool> parse_bool(std::string_view text);

/// The candidate that is one or two edits away from the word (one for words below five letters), for
/// "did you mean"; the nearest, the first of equals; nothing when none is near.
std::optional<std::string_view> closest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace troupe
