#include "daemon/core/stream/lines.h"

namespace troupe::core {

std::size_t writable(std::string_view staged, std::size_t searched, bool full, bool closed) {
  if (closed) return staged.size();
  const std::size_t newline = staged.substr(searched).rfind('\n');
  if (newline != std::string_view::npos) return searched + newline + 1;
  return full ? staged.size() : 0;
}

std::size_t to_line_end(std::string_view bytes) {
  const std::size_t newline = bytes.find('\n');
  return newline == std::string_view::npos ? bytes.size() : newline + 1;
}

std::size_t fitting(std::string_view bytes, std::int64_t size, std::int64_t max_bytes, bool in_line) {
  const auto wanted = static_cast<std::int64_t>(bytes.size());
  if (max_bytes <= 0 || size + wanted < max_bytes) return bytes.size();
  const std::int64_t room = max_bytes - 1 - size;
  if (room > 0) {
    const std::size_t newline = bytes.substr(0, static_cast<std::size_t>(room)).rfind('\n');
    if (newline != std::string_view::npos) return newline + 1;
  }
  if (size > 0 && !in_line) return 0;
  return to_line_end(bytes);
}

std::int64_t next_offset(std::int64_t offset, std::int64_t size) {
  return offset == size ? offset : size;
}

}  // namespace troupe::core
