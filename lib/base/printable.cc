#include "lib/base/printable.h"

#include <cstddef>

namespace troupe {

std::string printable(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  const auto hex = [&](unsigned char byte) {
    return std::string{'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, two bytes in UTF-8, are control characters too; some terminals obey them.
    const bool c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte < 0x20 || byte == 0x7f) {
      out += hex(byte);
    } else if (c1) {
      out += hex(static_cast<unsigned char>(text[++i]));
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace troupe
