#include "lib/os/pidfd.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace troupe::os {

// syscall(): <sys/pidfd.h> of glibc 2.36 cannot be linked from C++.

Pidfd Pidfd::open(int pid, int& error) {
  Fd fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  error = fd ? 0 : errno;
  return Pidfd(std::move(fd));
}

int Pidfd::send_signal(int number) const {
  return syscall(SYS_pidfd_send_signal, fd_.get(), number, nullptr, 0) == 0 ? 0 : errno;
}

bool Pidfd::gone() const {
  pollfd entry{fd_.get(), POLLIN, 0};
  return poll(&entry, 1, 0) > 0;
}

}  // namespace troupe::os
