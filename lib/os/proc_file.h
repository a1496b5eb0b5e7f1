#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::os {

/// The file `/proc/PID/NAME` as far as it goes, at most `limit` bytes; one open, one read. `directory`
/// is an open descriptor of /proc, or AT_FDCWD (the path is then taken from the root).
/// Errors: not_found = the process is gone; refused = it is there and may not be looked at (hidepid);
/// system = anything else, such as no free descriptor, which says nothing about the process.
Result<std::string> read_proc_file(int directory, int pid, std::string_view name, std::size_t limit);

}  // namespace troupe::os
