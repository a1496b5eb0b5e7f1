#pragma once

#include <string>

#include "ctl/render.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// A table of all watchers, sorted by name, with what is wrong beside each.
std::string render_statuses(const Value& reply, Look look);
/// One watcher: its state as the first word, and what there is to say about it after it.
std::string render_one_status(const Value& reply, Look look);

}  // namespace troupe::ctl
