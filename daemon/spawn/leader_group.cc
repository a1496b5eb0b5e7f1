#include "daemon/spawn/leader_group.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "lib/log/log.h"

namespace troupe {

LeaderGroup::LeaderGroup(int pid, int descriptor_bound) : pid_(pid) {
  int error = 0;
  leader_ = os::Pidfd::open(pid, error);
  if (leader_.fd() >= descriptor_bound) leader_ = {};
}

/// The number of a group is not given to a process as long as somebody is in the group. So a process that has
/// it is the leader, not reaped yet, or a stranger, and then the group is gone.
bool LeaderGroup::is_ours() const {
  if (leader_ && leader_.send_signal(0) != ESRCH) return true;
  return ::kill(pid_, 0) != 0 && errno == ESRCH;
}

bool LeaderGroup::has_leader() const {
  return getpgid(pid_) == pid_;
}

bool LeaderGroup::is_there() const {
  if (pid_ <= 0 || given_up_ || !is_ours()) return false;
  return ::kill(-pid_, 0) == 0 || errno == EPERM;
}

int LeaderGroup::send(int signum) {
  if (!is_there()) return ESRCH;
  if (::kill(-pid_, signum) == 0) return 0;
  const int error = errno;
  if (error == EPERM && signum == SIGKILL) {
    given_up_ = true;
    log::warning("process group {} may not be signalled by this user: it is left behind", pid_);
  }
  return error;
}

}  // namespace troupe
