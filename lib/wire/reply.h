#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/value.h"

namespace troupe::wire {

/// Bytes of the reason of a failure.
inline constexpr std::size_t longest_reason = 600;

/// The text of a successful reply, its keys in Circus's order: status, time, those of the result, id. A
/// `status` or `time` in the result replaces ours at its place (so `status` answers); a list as result
/// becomes `results`. `time`: seconds since 1970. `id`: JSON, as the request wrote it; empty: null.
std::string ok_reply(const Value& result, double time, std::string_view id);

/// The text of a failure: status, reason, tb (always null), time, errno, id. lib/api/errors.h has the
/// numbers. A reason is cut in its middle at longest_reason: it may repeat a name of megabytes.
std::string error_reply(int number, std::string_view reason, double time, std::string_view id);

}  // namespace troupe::wire
