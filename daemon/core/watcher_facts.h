#pragma once

#include <optional>
#include <string>

#include "daemon/core/effects.h"

namespace troupe::core {

/// Somebody wants that nothing is started for a while: a whole watcher (wid 0), or the process that has a wid
/// is not replaced. Who starts, restarts or reloads the watcher ends all its
/// holds; a reload that only sends SIGHUP (send_hup) replaces nothing, and leaves them.
struct Hold {
  int wid = 0;
  std::string by;
  std::string reason;
  Instant until = never;
  bool operator==(const Hold&) const = default;
};

/// The last failed start, for `status`: it stays until a start works.
struct Trouble {
  std::string stage;
  int error;
  std::string text;  ///< "exec /usr/bin/nosuch: No such file or directory"
  Instant at;
};

/// The last process that ended without being asked to, for `status`.
struct LastExit {
  int pid;
  int wid;
  std::optional<int> status;  ///< exit status, or minus the signal; nothing: nobody knows
  std::string text;           ///< "exited with status 3", "was killed by SIGSEGV, core dumped"
  Instant at;
};

}  // namespace troupe::core
