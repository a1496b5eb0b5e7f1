#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/base/value.h"
#include "lib/os/proc_detail.h"
#include "lib/os/proc_file.h"
#include "lib/stats/cpu_samples.h"
#include "lib/stats/moment.h"
#include "lib/stats/process_info.h"
#include "lib/stats/user_names.h"

namespace troupe::stats {

/// Reads the same processes again and again, as cheaply as /proc lets it: two of its files are kept open for
/// each; of one that has not run since, the file `stat` is all that is read; and what hardly ever changes
/// (user and command line) is looked at anew only when the program is another one, and every 10 to 20
/// seconds.
class ProcessReader {
 public:
  /// The files of that many processes are kept open, two for each. More are read without.
  explicit ProcessReader(std::size_t most_kept);

  /// Begins a round: what is read until the next one is of one moment.
  void begin();

  /// The info object as `stats` has it, without `started` and `wid`, and without children; it stays until the
  /// next call. Null: the process is gone. One that may not be looked at, or any where /proc is not that of
  /// our pid namespace, has "N/A" for all that is not known.
  const Value* info(int pid);

  /// The process is another's business from now on: its pid may come back as that of a new one.
  void forget(int pid);
  /// Gives all files back.
  void forget_all();

  /// Processes whose files are open.
  std::size_t kept() const { return kept_; }

 private:
  struct Known {
    os::ProcFile stat, statm;
    bool is_kept = false;
    std::string stat_text{};  ///< what `reading` and `info` were made of
    ProcessReading reading{};
    Value info{};
    Instant look_at{};  ///< user and command line are read then
  };

  Known& find(int pid);
  Result<void> read(Known& known);
  Result<void> read_anew(Known& known, std::string_view stat_text);
  Result<void> look(Known& known);
  const Value* hidden(int pid);

  const std::size_t most_kept_;
  const std::uint64_t page_size_;
  std::size_t kept_ = 0;
  Moment moment_;
  bool is_blind_ = false;  ///< /proc is not that of our pid namespace
  std::unordered_map<int, Known> known_;
  Value hidden_;
  CpuSamples samples_;
  UserNames users_;
};

}  // namespace troupe::stats
