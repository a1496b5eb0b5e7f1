#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/duration.h"

namespace troupe::core {

/// Processes that outlived a stop and are shown until they end; further ones are only logged.
inline constexpr std::size_t max_strays = 64;

/// Where a start failed between clone and exec.
struct SpawnFailure {
  std::string_view stage;  ///< "chdir", "exec", "setuid", … what the child (or the spawner before it) did
  int error = 0;           ///< errno
  std::string subject;     ///< what it was done to: the folder, the program, the user
  std::string text{};      ///< the reason in words where errno would not tell; takes the place of all of it
};

/// How a process ended, as wait(2) and getrusage(2) say it.
struct Exit {
  int pid = 0;
  std::optional<int> status{0};  ///< exit status 0..255, or minus the signal; nothing: nobody knows
  bool core_dumped = false;
  Duration user_time{};
  Duration system_time{};
  long max_rss = 0;  ///< bytes
};

}  // namespace troupe::core
