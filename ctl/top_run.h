#pragma once

#include <string>
#include <vector>

#include "ctl/daemon.h"
#include "ctl/settings.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// `troupectl top`
Outcome run_top(const Settings& settings, const Value& properties);

/// `circus-top`: shows the stream of statistics.
Outcome run_circus_top(const std::vector<std::string>& words);

}  // namespace troupe::ctl
