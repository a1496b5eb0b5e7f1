#pragma once

#include <string>

#include "ctl/render.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// A table of all watchers, sorted by name, with what is wrong beside each.
std::string render_statuses(const Value& reply, Look look);
/// One watcher: Circus's word for its state first, alone when all is well; else what there is to say after
/// it.
std::string render_one_status(const Value& reply, Look look);

/// What is not as it should be in an entry of `details`: the last failed start, the next try, a hold. `now`
/// is seconds since 1970.
std::string status_notes(const Value& detail, double now);

}  // namespace troupe::ctl
