#pragma once

#include "daemon/core/watcher.h"
#include "daemon/ports.h"

namespace troupe::command {

/// `details` of one watcher in `status` (design decision D11): {state, wanted, running, since, error,
/// last_exit, next_try, held}. `wanted` and `running` are numbers of processes. `state` is Circus's word, or
/// a sharper one: failed (it cannot run, or max_retry is used up), backoff (a start failed and is tried
/// again), spinning (a process exits as soon as it starts), held.
Value watcher_details(const core::Watcher& watcher, const Clock& clock);

/// {wid, pid, started, state} of one process, for `snapshot`.
Value process_state(const core::Slot& slot, const Clock& clock);

}  // namespace troupe::command
