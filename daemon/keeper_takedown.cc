#include "daemon/keeper_takedown.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "daemon/keeper_clock.h"
#include "lib/os/child_list.h"
#include "lib/os/signals.h"

namespace troupe::keeper {

namespace {

constexpr std::int64_t grace_ms = 2000;
// Orphans come without a signal when their parent was not our own child.
constexpr int look_again_ms = 100;
constexpr int most_pids = 1 << 22;  // the kernel's PID_MAX_LIMIT

/// One bit for each pid. Only the pages that are written to take memory.
class PidSet {
 public:
  bool insert(int pid) {
    if (pid < 0 || pid >= most_pids) return true;
    auto& byte = bits_[pid / 8];
    const auto mask = static_cast<std::uint8_t>(1u << (pid % 8));
    if ((byte & mask) != 0) return false;
    byte = static_cast<std::uint8_t>(byte | mask);
    return true;
  }

 private:
  std::uint8_t bits_[most_pids / 8] = {};
};

/// False when no child is left.
bool reap() {
  for (;;) {
    const pid_t pid = waitpid(-1, nullptr, WNOHANG | __WALL);
    if (pid > 0 || (pid < 0 && errno == EINTR)) continue;
    return pid == 0;
  }
}

/// True when one of them asks to stop.
bool read_signals(int signal_fd) {
  bool hurry = false;
  signalfd_siginfo info;
  while (read(signal_fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    hurry = hurry || os::asks_to_stop(static_cast<int>(info.ssi_signo));
  }
  return hurry;
}

// As PID 1 everything in this pid namespace is ours, and /proc may be that of another one.

void ask(PidSet& asked) {
  if (getpid() == 1) {
    if (!asked.insert(1)) return;
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
    return;
  }
  os::ChildList children(os::ChildList::Fallback::search);
  while (const int pid = children.next()) {
    if (!asked.insert(pid)) continue;
    kill(pid, SIGTERM);
    kill(pid, SIGCONT);
  }
}

/// False when this user may signal none of those that are left, or nobody says who they are, so that nothing
/// will end them here. What the arbiter started gets its stop signal by the end of
/// the keeper (PR_SET_PDEATHSIG).
bool force() {
  if (getpid() == 1) return kill(-1, SIGKILL) == 0 || errno != EPERM;
  os::ChildList children(os::ChildList::Fallback::search);
  if (!children.is_there()) return false;
  bool refused = false;
  bool others = false;
  while (const int pid = children.next()) {
    const bool no = kill(pid, SIGKILL) != 0 && errno == EPERM;
    (no ? refused : others) = true;
  }
  return others || !refused;
}

}  // namespace

void take_down(int signal_fd) {
  static PidSet asked;
  const std::int64_t deadline = now_ms() + grace_ms;
  bool hurry = false;
  while (reap()) {
    if (hurry || now_ms() >= deadline) {
      if (!force()) return;
    } else {
      ask(asked);
    }
    pollfd entry{signal_fd, POLLIN, 0};
    poll(&entry, 1, look_again_ms);
    if (read_signals(signal_fd)) hurry = true;
  }
}

}  // namespace troupe::keeper
