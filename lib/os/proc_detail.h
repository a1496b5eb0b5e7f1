#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::os {

/// What `/proc/PID/status` adds to a ProcStat; read only for the processes that are shown.
struct ProcDetail {
  unsigned uid = 0;         ///< the real one
  std::uint64_t rss = 0;    ///< bytes; 0 for a zombie
  std::uint64_t vsize = 0;  ///< bytes; 0 for a zombie

  bool operator==(const ProcDetail&) const = default;
};

/// The text of `/proc/PID/status`, or nothing if the user is missing in it.
std::optional<ProcDetail> parse_proc_status(std::string_view text);

/// The sizes in the text of `/proc/PID/statm`, which is quicker to read and says no user; `page_size` in
/// bytes.
std::optional<ProcDetail> parse_proc_statm(std::string_view text, std::uint64_t page_size);

/// Errors as read_proc_file.
Result<ProcDetail> read_proc_detail(int pid);

/// The first 4 KiB of the command line: its words, each ended by a NUL, or whatever the process has written
/// over them (setproctitle). Empty for a zombie. Errors as read_proc_file.
Result<std::string> read_proc_cmdline(int pid);

}  // namespace troupe::os
