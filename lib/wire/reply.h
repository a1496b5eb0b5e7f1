#pragma once

#include <string>
#include <string_view>

#include "lib/base/value.h"

namespace troupe::wire {

/// The text of a successful reply, its keys in Circus's order: status, time, those of the result, id. A
/// `status` or `time` in the result replaces ours at its place (so `status` answers); a list as result
/// becomes `results`. `time`: seconds since 1970.
std::string ok_reply(const Value& result, double time, const Value& id);

/// The text of a failure: status, reason, tb (always null), time, errno, id. lib/api/errors.h has the
/// numbers.
std::string error_reply(int number, std::string_view reason, double time, const Value& id);

}  // namespace troupe::wire
