#include "lib/wire/accept_guard.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <limits>

namespace troupe::wire {

namespace {

std::atomic<int> first_refused{std::numeric_limits<int>::max()};

}  // namespace

void refuse_connections_from(int bound) {
  first_refused.store(bound);
}

}  // namespace troupe::wire

/// Before the one of libc, for every library of this process. ECONNABORTED is one of the errors after which
/// libzmq goes on (tcp_listener.cpp, ipc_listener.cpp).
extern "C" int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  const auto accepted = static_cast<int>(syscall(SYS_accept4, listener, address, size, flags));
  // What is open for a moment may have taken the very last ones: libzmq would abort, and tries again after
  // this.
  if (accepted < 0 && errno == EMFILE) errno = ECONNABORTED;
  if (accepted < troupe::wire::first_refused.load(std::memory_order_relaxed)) return accepted;
  close(accepted);
  errno = ECONNABORTED;
  return -1;
}
