#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/duration.h"
#include "lib/base/result.h"

namespace troupe::conf {

/// The longest time an option may hold; longer ones are Code::limit.
inline constexpr Duration longest_duration = std::chrono::hours(24 * 366 * 100);

/// Plain seconds ("2", "0.5") or a number with ms, s, m, h or d ("500ms"). Code::invalid: it is neither;
/// Code::limit: below 0 or above longest_duration.
Result<Duration> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back as the same time: seconds without a unit.
std::string duration_text(Duration duration);

/// Bytes: a whole number, alone or with K, M or G (powers of 1,024; an `iB` or `B` after it is accepted).
Result<std::int64_t> parse_bytes(std::string_view text);

/// Whole K, M, G where the number is.
std::string bytes_text(std::int64_t bytes);

}  // namespace troupe::conf
