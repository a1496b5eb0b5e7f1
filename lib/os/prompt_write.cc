#include "lib/os/prompt_write.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace troupe::os {

ssize_t write_promptly(int fd, std::string_view text) {
  const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);
  struct stat file {};
  if (fstat(fd, &file) != 0) return -1;
  if (S_ISREG(file.st_mode))
    return ::write(fd, text.data(), size);  // disks are not waited for in any other way
  if (S_ISSOCK(file.st_mode)) return ::send(fd, text.data(), size, MSG_DONTWAIT);
  if (S_ISFIFO(file.st_mode)) {
    iovec piece{const_cast<char*>(text.data()), size};
    const ssize_t written = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);
    if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) return written;
  }
  // A pipe that polls writable takes PIPE_BUF bytes without waiting (pipe(7)).
  pollfd entry{fd, POLLOUT, 0};
  if (poll(&entry, 1, 0) <= 0 || (entry.revents & POLLOUT) == 0) {
    if ((entry.revents & (POLLERR | POLLHUP)) != 0)
      return ::write(fd, text.data(), size);  // tells the reason
    errno = EAGAIN;
    return -1;
  }
  return ::write(fd, text.data(), size);
}

}  // namespace troupe::os
