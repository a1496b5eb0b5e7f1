#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/callback.h"
#include "lib/conf/stream_config.h"

/// When a log file is rotated, and what the old ones are called. Pure: times are handed in.
namespace troupe::core {

/// Seconds that local time is ahead of UTC at a time (seconds since 1970).
using UtcOffset = Callback<long(std::int64_t)>;

/// Whether files of this stream are rotated by the clock.
bool rotates_by_time(const conf::StreamSettings& settings);

/// When a file that was begun (or last written to) at `begun` is to be rotated: a whole interval later, or at
/// the next midnight, or the midnight that ends the given day of the week. Midnights are local unless `utc`.
std::int64_t next_rotation(const conf::StreamSettings& settings, std::int64_t begun, UtcOffset offset);

/// The name of a file whose interval ends at `end`: the start of the interval behind a dot, as precise as the
/// unit (`app.log.20261122`).
std::string timed_name(const conf::StreamSettings& settings, std::string_view path, std::int64_t end,
                       UtcOffset offset);

/// `path.NUMBER`.
std::string numbered_name(std::string_view path, int number);

inline constexpr std::string_view compressed_suffix = ".gz";

/// Of the names in the folder of a file called `base`, those rotated ones that are more than `keep`, oldest
/// first. With `keep` 0 none: all are kept.
std::vector<std::string> surplus_timed(std::string_view base, const std::vector<std::string>& names,
                                       int keep);

}  // namespace troupe::core
