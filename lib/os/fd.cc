#include "lib/os/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "lib/os/system_error.h"

namespace troupe::os {

void Fd::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

Pipe open_pipe(bool nonblocking_read, int& error) {
  int ends[2];
  error = 0;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    error = errno;
    return {};
  }
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  if (!nonblocking_read || fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) return pipe;
  error = errno;
  return {};
}

Result<Pipe> open_pipe(bool nonblocking_read) {
  int error = 0;
  Pipe pipe = open_pipe(nonblocking_read, error);
  if (error != 0) return system_error("pipe", "", error);
  return pipe;
}

int next_descriptor() {
  const Fd next(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  return next ? next.get() : std::numeric_limits<int>::max();
}

Result<void> fill_standard_descriptors() {
  for (;;) {
    const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return system_error("open", "/dev/null", errno);
    if (fd > STDERR_FILENO) {
      close(fd);
      return {};
    }
    // It took the lowest free number, a standard one, and stays; children are to have it too.
    if (fcntl(fd, F_SETFD, 0) != 0) return system_error("fcntl", "/dev/null", errno);
  }
}

void close_all_but_standard() {
  constexpr int first = STDERR_FILENO + 1;
  if (close_range(first, ~0u, 0) == 0 || errno != ENOSYS) return;
  const long limit = sysconf(_SC_OPEN_MAX);
  for (int fd = first; fd < limit; ++fd) close(fd);
}

Result<void> detach_standard_descriptors(int errors) {
  Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return system_error("open", "/dev/null", errno);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    const int from = fd == STDERR_FILENO && errors >= 0 ? errors : null.get();
    if (dup2(from, fd) < 0) return system_error("dup2", "/dev/null", errno);
  }
  // dup2 onto itself keeps close-on-exec: only possible when a standard descriptor was closed.
  if (null.get() <= STDERR_FILENO && fcntl(null.release(), F_SETFD, 0) != 0)
    return system_error("fcntl", "/dev/null", errno);
  return {};
}

}  // namespace troupe::os
