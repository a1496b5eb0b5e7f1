#pragma once

#include <string>

#include "ctl/render.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// The facts of processes as a table, whichever of its three shapes the reply of `stats` has, or that of
/// `dstats`. Children stand below their parent, indented.
std::string render_stats(const Value& reply, Look look);

}  // namespace troupe::ctl
