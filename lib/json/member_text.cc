#include "lib/json/member_text.h"

#include <algorithm>

#include "lib/json/reader.h"

namespace troupe::json {

namespace {

/// Where the value at the beginning of the text ends: before the comma or bracket that belongs to the object.
std::size_t value_length(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at += string_length(text.substr(at));
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return text.size();
}

/// `quoted` as it stands in the text; a key that nobody had to escape may be escaped all the same.
bool is_key(std::string_view quoted, std::string_view key) {
  if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2) == key;
  const auto name = parse(quoted);
  return name && *name == Value(key);
}

}  // namespace

std::size_t string_length(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

std::optional<std::string_view> find_member_text(std::string_view object, std::string_view key) {
  std::optional<std::string_view> found;
  for (;;) {
    object.remove_prefix(std::min(object.find('"'), object.size()));
    if (object.empty()) return found;
    const std::string_view quoted = object.substr(0, string_length(object));
    object.remove_prefix(quoted.size());
    object.remove_prefix(std::min(object.find_first_not_of(" \t\r\n:"), object.size()));
    std::string_view value = object.substr(0, value_length(object));
    object.remove_prefix(value.size());
    value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
    if (is_key(quoted, key)) found = value;
  }
}

}  // namespace troupe::json
