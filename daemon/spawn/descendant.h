#pragma once

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "lib/os/pidfd.h"
#include "lib/os/proc_stat.h"

namespace troupe {

/// A process that is somebody's descendant and cannot be mistaken for a later one of its pid.
struct Descendant {
  int pid;
  std::uint64_t start_time;
  os::Pidfd pidfd;  ///< none: known by pid and start

  bool is_there() const {
    if (pidfd) return !pidfd.gone();
    if (start_time == 0) return ::kill(pid, 0) == 0 || errno == EPERM;  // there is no /proc to ask
    const auto stat = os::read_proc_stat(pid);
    // An unreadable one may be there: nothing is known, so it counts.
    return stat ? stat->start_time == start_time && stat->state != 'Z' : stat.error().code != Code::not_found;
  }

  /// errno, or 0.
  int send(int signum) const {
    if (pidfd) return pidfd.send_signal(signum);
    if (!is_there()) return ESRCH;
    return ::kill(pid, signum) == 0 ? 0 : errno;
  }
};

}  // namespace troupe
