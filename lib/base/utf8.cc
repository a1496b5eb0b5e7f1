#include "lib/base/utf8.h"

#include <cstddef>

namespace troupe {

namespace {

struct Sequence {
  std::size_t length;  ///< bytes that belong together, at least 1
  bool valid;
};

/// What the first byte allows: how many bytes follow and the range of the first of them (RFC 3629 section 4).
struct Lead {
  int following;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

Lead lead(unsigned char c) {
  if (c < 0x80) return {0};
  if (c >= 0xC2 && c <= 0xDF) return {1};
  if (c == 0xE0) return {2, 0xA0};
  if (c == 0xED) return {2, 0x80, 0x9F};
  if (c >= 0xE1 && c <= 0xEF) return {2};
  if (c == 0xF0) return {3, 0x90};
  if (c >= 0xF1 && c <= 0xF3) return {3};
  if (c == 0xF4) return {3, 0x80, 0x8F};
  return {-1};
}

Sequence next(std::string_view text) {
  const Lead first = lead(static_cast<unsigned char>(text[0]));
  if (first.following < 0) return {1, false};
  auto [following, low, high] = first;
  std::size_t length = 1;
  for (; following > 0; --following, ++length, low = 0x80, high = 0xBF) {
    if (length == text.size()) return {length, false};
    const auto c = static_cast<unsigned char>(text[length]);
    if (c < low || c > high) return {length, false};
  }
  return {length, true};
}

/// Bytes at the start that are valid.
std::size_t valid_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const Sequence sequence = next(text.substr(at));
    if (!sequence.valid) break;
    at += sequence.length;
  }
  return at;
}

}  // namespace

bool is_utf8(std::string_view text) {
  return valid_prefix(text) == text.size();
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (;;) {
    const std::size_t good = valid_prefix(text);
    result += text.substr(0, good);
    text.remove_prefix(good);
    if (text.empty()) return result;
    result += "\xEF\xBF\xBD";
    text.remove_prefix(next(text).length);
  }
}

}  // namespace troupe
