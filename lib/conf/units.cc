#include "lib/conf/units.h"

#include <charconv>
#include <limits>

#include "lib/base/text.h"
#include "lib/conf/problem.h"

namespace troupe::conf {

namespace {

struct TimeUnit {
  std::string_view name;
  double seconds;
};
constexpr TimeUnit time_units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

struct SizeUnit {
  std::string_view name;
  std::int64_t bytes;
};
constexpr SizeUnit size_units[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}};

/// A number and what stands after it.
struct Measured {
  std::string_view number;
  std::string_view unit;
};

Measured measure(std::string_view text) {
  text = trim(text);
  const auto end = text.find_last_of("0123456789.") + 1;
  return {text.substr(0, end), trim(text.substr(end))};
}

std::optional<double> parse_seconds(std::string_view text) {
  const auto [number, unit] = measure(text);
  const auto amount = parse_double(number);
  if (!amount) return std::nullopt;
  if (unit.empty()) return amount;
  for (const TimeUnit& row : time_units) {
    if (unit == row.name) return *amount * row.seconds;
  }
  return std::nullopt;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto seconds = parse_seconds(text);
  if (!seconds)
    return make_error(Code::invalid, shown(text) + " is not a time: seconds, or 500ms, 30s, 2m, 1h");
  if (*seconds < 0) return make_error(Code::limit, shown(text) + " is below 0");
  if (*seconds > to_seconds(longest_duration)) return make_error(Code::limit, shown(text) + " is too long");
  return from_seconds(*seconds);
}

std::string duration_text(Duration duration) {
  char buffer[32];
  const double seconds = to_seconds(duration);
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, seconds, std::chars_format::fixed).ptr};
}

Result<std::int64_t> parse_bytes(std::string_view text) {
  auto [number, unit] = measure(text);
  for (std::string_view tail : {"iB", "B"}) {
    if (unit.ends_with(tail)) {
      unit.remove_suffix(tail.size());
      break;
    }
  }
  const auto amount = parse_int(number);
  for (const SizeUnit& row : size_units) {
    if (!amount || !equal_ignoring_case(unit, row.name)) continue;
    if (*amount < 0) return make_error(Code::limit, shown(text) + " is below 0");
    if (*amount > std::numeric_limits<std::int64_t>::max() / row.bytes) break;
    return *amount * row.bytes;
  }
  return make_error(Code::invalid, shown(text) + " is not a size: bytes, or 64K, 8M, 1G");
}

std::string bytes_text(std::int64_t bytes) {
  for (const SizeUnit& row : size_units) {
    if (bytes != 0 && bytes % row.bytes == 0)
      return std::to_string(bytes / row.bytes) + std::string(row.name);
  }
  return "0";
}

}  // namespace troupe::conf
