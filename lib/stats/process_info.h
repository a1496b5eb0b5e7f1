#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/value.h"
#include "lib/os/proc_detail.h"
#include "lib/os/proc_machine.h"
#include "lib/os/proc_stat.h"

namespace troupe::stats {

/// What the supervisor knows of a process that it started itself.
struct WatchedProcess {
  int pid = 0;
  int wid = 0;
  double started = 0;  ///< just before the clone, seconds since 1970
};

/// Everything that was read of one process.
struct ProcessReading {
  os::ProcStat stat;
  os::ProcDetail detail;
  std::string cmdline;  ///< as read_proc_cmdline gives it
  std::string username;
  double cpu = 0;  ///< percent, as CpuSamples has it
};

/// The object that `stats` and `dstats` show of a process: Circus's keys in Circus's order and formats.
/// `watched` adds `started` and `wid`, and the age counts from there, else from the kernel's start time.
/// `now`: wall time.
Value process_info(const ProcessReading& reading, const os::Machine& machine, double now,
                   Value::Array children, const std::optional<WatchedProcess>& watched);

/// Brings the object of a process that has done nothing since up to `now`: its age and its `cpu`.
void renew_info(Value& info, const ProcessReading& reading, const os::Machine& machine, double now);

/// The same object of a process that is there and may not be looked at: "N/A" for all that is not known.
Value hidden_info(int pid, double now, const std::optional<WatchedProcess>& watched);

/// What stands in place of the object of a process that is gone and not yet dropped.
Value gone_info();

/// "812B", "1.45M": below 1,024 as it is, else with two decimals and the largest of K M G T P E that fits.
std::string human_size(std::uint64_t bytes);

/// Processor time as Circus prints it, `M:SS.cc`: minutes modulo 60, and as `cc` the first two digits of the
/// microseconds *without* leading zeros, so 0.05 s is "0:00.50"; clients show the text as it comes.
std::string cpu_time_text(std::uint64_t ticks, std::uint64_t ticks_per_second);

/// The name of the program in a command line of /proc: the base name of the first word of argv[0], which
/// drops the title that a process writes behind its name. "N/A" when there is none.
std::string program_name(std::string_view cmdline);

}  // namespace troupe::stats
