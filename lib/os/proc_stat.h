#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::os {

/// One process as `/proc/PID/stat` has it (proc(5)); times in clock ticks (Machine::ticks_per_second). There
/// is no resident size in it: that field is only approximate, ProcDetail has the true one.
struct ProcStat {
  int pid = 0;
  int ppid = 0;
  int pgrp = 0;
  int session = 0;
  char state = '?';              ///< R S D T t Z X I …; Z = a zombie
  std::uint64_t start_time = 0;  ///< since boot; with the pid, the identity of a process
  std::uint64_t utime = 0;
  std::uint64_t stime = 0;
  std::uint64_t cutime = 0;  ///< of children that were waited for
  std::uint64_t cstime = 0;
  int nice = 0;
  std::uint64_t vsize = 0;  ///< bytes
  std::string comm;         ///< as the kernel writes it: a new line in it is `\n`, a backslash `\\`

  bool operator==(const ProcStat&) const = default;
};

/// The text of `/proc/PID/stat`, or nothing if it is no such text. The command name may hold any byte, spaces
/// and parentheses included: it ends at the last `)`.
std::optional<ProcStat> parse_proc_stat(std::string_view text);

/// Errors as read_proc_file.
Result<ProcStat> read_proc_stat(int directory, int pid);
Result<ProcStat> read_proc_stat(int pid);

}  // namespace troupe::os
