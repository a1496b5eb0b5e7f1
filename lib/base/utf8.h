#pragma once

#include <string>
#include <string_view>

namespace troupe {

/// Whether the bytes are UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// Whether the byte goes on with a character that began before it.
constexpr bool continues_utf8(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

/// The text with every broken piece replaced by U+FFFD: one for each maximal start of a sequence, as the
/// Unicode standard (chapter 3, "substitution of maximal subparts") and Python's decoder do.
std::string replace_invalid_utf8(std::string_view text);

}  // namespace troupe
