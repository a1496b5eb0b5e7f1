#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::os {

/// The file `/proc/PID/NAME` as far as it goes, at most what the buffer holds; one open, one read.
/// `directory` is an open descriptor of /proc, or AT_FDCWD (the path is then taken from the root). Errors:
/// not_found = the process is gone; refused = it is there and may not be looked at (hidepid); system =
/// anything else, such as no free descriptor, which says nothing about the process.
Result<std::string_view> read_proc_file(int directory, int pid, std::string_view name,
                                        std::span<char> buffer);

/// A file as a whole, which comes in pieces of a page; nothing when it cannot be opened. For files of the
/// kernel that have no fixed length.
std::optional<std::string> read_whole_file(const std::string& path);

}  // namespace troupe::os
