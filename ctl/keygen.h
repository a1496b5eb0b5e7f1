#pragma once

#include "ctl/daemon.h"

namespace troupe::ctl {

/// `troupectl keygen [--output FILE]`: makes a pair of CURVE keys. Asks no daemon. What is there is never
/// overwritten.
Outcome make_keys(const Value& properties);

}  // namespace troupe::ctl
