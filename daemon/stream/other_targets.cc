#include "daemon/stream/other_targets.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace troupe {

StdoutTarget::StdoutTarget(loop::Loop& loop, TargetHost& host)
    : Target(host, "standard output"), loop_(loop), fd_(STDOUT_FILENO) {
  struct stat found {};
  if (fstat(fd_, &found) != 0 || S_ISREG(found.st_mode)) return;
  is_socket_ = S_ISSOCK(found.st_mode);
  if (is_socket_) return;
  own_ = os::Fd(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (own_) fd_ = own_.get();
  may_block_ = !own_;
}

StdoutTarget::Put StdoutTarget::put(std::string_view bytes) {
  ssize_t size = -1;
  if (is_socket_) {
    size = send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } else if (may_block_) {
    // As much as a pipe that has room takes at once.
    pollfd room{fd_, POLLOUT, 0};
    errno = EAGAIN;
    if (poll(&room, 1, 0) == 1)
      size = ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
  } else {
    size = ::write(fd_, bytes.data(), bytes.size());
  }
  if (size >= 0) return {static_cast<std::size_t>(size), 0};
  if (errno == EINTR) return {};
  if (errno != EAGAIN) return {0, errno};
  if (!watch_)
    watch_.emplace(loop_, fd_, loop::Ready{}, loop::FdWatch::OnReady::to<&StdoutTarget::on_ready>(*this));
  watch_->set_interest({.writable = true});
  return {0, EAGAIN};
}

void StdoutTarget::on_ready(loop::Ready) {
  watch_->set_interest({});
  ready();
}

SyslogTarget::SyslogTarget(loop::Loop& loop, TargetHost& host, std::string address)
    : Target(host, std::move(address)), loop_(loop) {}

int SyslogTarget::prepare(Instant) {
  if (fd_) return 0;
  os::Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name().size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path, name().data(), name().size());
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return errno;
  watch_.reset();
  fd_ = std::move(fd);
  return 0;
}

SyslogTarget::Put SyslogTarget::put(std::string_view bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::string_view line = bytes.substr(0, newline);
  if (send(fd_.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == EMSGSIZE) {
    return {newline == std::string_view::npos ? bytes.size() : newline + 1, 0};
  }
  if (errno == EINTR) return {};
  const int error = errno;
  if (error != EAGAIN) {
    watch_.reset();
    fd_.reset();
    return {0, error};
  }
  if (!watch_)
    watch_.emplace(loop_, fd_.get(), loop::Ready{},
                   loop::FdWatch::OnReady::to<&SyslogTarget::on_ready>(*this));
  watch_->set_interest({.writable = true});
  return {0, EAGAIN};
}

void SyslogTarget::on_ready(loop::Ready) {
  watch_->set_interest({});
  ready();
}

}  // namespace troupe
