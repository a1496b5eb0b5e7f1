#pragma once

#include "lib/base/duration.h"
#include "lib/os/proc_machine.h"

namespace troupe::stats {

/// What holds for all that is read of processes at one moment.
struct Moment {
  os::Machine machine{};
  Instant now{};
  double wall = 0;  ///< seconds since 1970
};

/// Now. The boot time shifts by a second now and then while the clock is steered; that of the moment before
/// is kept unless the clock was set, so that the `create_time` of a process stays the same.
Moment moment_after(const Moment& before);

}  // namespace troupe::stats
