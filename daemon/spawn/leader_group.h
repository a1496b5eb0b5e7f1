#pragma once

#include "lib/os/pidfd.h"

namespace troupe {

/// The process group that a process leads, for where nothing else tells what it started: no /proc of ours and
/// no cgroup. Needs system calls alone. Who left the group is not reached.
class LeaderGroup {
 public:
  LeaderGroup() = default;
  /// While the exit of the process is not acknowledged. A descriptor of `descriptor_bound` or more is not
  /// kept.
  LeaderGroup(int pid, int descriptor_bound);

  explicit operator bool() const { return pid_ > 0; }
  /// Whether the process itself is in it, so that what the group gets it gets too.
  bool has_leader() const;
  /// Whether somebody is in it, zombies included, and was not given up.
  bool is_there() const;
  /// errno, or 0 when one of them got it. A group that not even SIGKILL may be sent is given up.
  int send(int signum);

 private:
  bool is_ours() const;

  int pid_ = 0;
  os::Pidfd leader_;
  bool given_up_ = false;
};

}  // namespace troupe
