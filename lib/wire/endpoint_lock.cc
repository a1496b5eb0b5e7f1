#include "lib/wire/endpoint_lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/base/text.h"
#include "lib/os/pidfd.h"
#include "lib/os/proc_stat.h"
#include "lib/wire/endpoint.h"

namespace troupe::wire {

namespace {

Error failure(const char* what, const std::string& path) {
  return make_error(Code::system, std::string(what) + " " + path + ": " + std::strerror(errno));
}

constexpr int longest_end_ms = 5000;  // of a process that was killed: all its memory is given back

/// Who has the lock; 0: he has not said so yet.
int holder_of(int fd) {
  char text[32];
  const ssize_t length = pread(fd, text, sizeof text, 0);
  const auto pid = length > 0 ? parse_int(trim({text, static_cast<std::size_t>(length)})) : std::nullopt;
  return pid ? static_cast<int>(*pid) : 0;
}

/// One that was killed is a zombie as soon as its first thread has gone, and has the lock until its last has:
/// that end is waited for. Whether there was one to wait for.
bool wait_for_end_of(int pid) {
  const auto stat = os::read_proc_stat(pid);
  if (pid <= 0 || !stat || stat->state != 'Z') return false;
  int error = 0;
  const os::Pidfd process = os::Pidfd::open(pid, error);
  pollfd ended{process.fd(), POLLIN, 0};
  return process && poll(&ended, 1, longest_end_ms) == 1;
}

/// The owner before us removes its file at its end: then we hold a lock on a file that nobody will find.
bool is_still_there(int fd, const std::string& path) {
  struct stat ours, theirs;
  return fstat(fd, &ours) == 0 && lstat(path.c_str(), &theirs) == 0 && ours.st_ino == theirs.st_ino &&
         ours.st_dev == theirs.st_dev;
}

}  // namespace

Result<EndpointLock> EndpointLock::take(std::string_view endpoint) {
  const auto socket_path = ipc_path(endpoint);
  if (!socket_path) return EndpointLock(-1, {});
  const std::string path = *socket_path + ".lock";
  for (bool waited = false;;) {
    EndpointLock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), {});
    if (lock.fd_ < 0) return failure("open", path);
    if (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return failure("lock", path);
      const int pid = holder_of(lock.fd_);
      if (!waited && (waited = wait_for_end_of(pid))) continue;
      return make_error(Code::refused, std::string(endpoint) + " is in use by " +
                                           (pid > 0 ? "pid " + std::to_string(pid) : "another process"));
    }
    if (!is_still_there(lock.fd_, path)) continue;
    lock.path_ = path;
    const std::string pid = std::to_string(getpid()) + "\n";
    if (ftruncate(lock.fd_, 0) != 0 || pwrite(lock.fd_, pid.data(), pid.size(), 0) < 0) {
      return failure("write", path);
    }
    return lock;
  }
}

EndpointLock::~EndpointLock() {
  if (fd_ < 0) return;
  // The folder may have been cleared meanwhile, and another daemon have made it anew.
  if (!path_.empty() && is_still_there(fd_, path_)) unlink(path_.c_str());
  close(fd_);
}

EndpointLock::EndpointLock(EndpointLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

EndpointLock& EndpointLock::operator=(EndpointLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

}  // namespace troupe::wire
