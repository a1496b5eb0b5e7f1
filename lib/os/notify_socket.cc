#include "lib/os/notify_socket.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "lib/base/text.h"
#include "lib/os/system_error.h"

namespace troupe::os {

namespace {

constexpr timeval patience{1, 0};

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value ? value : "";
  unsetenv(name);
  return text;
}

}  // namespace

NotifyWish take_notify_wish() {
  NotifyWish wish{take_variable("NOTIFY_SOCKET")};
  const auto pid = parse_int(take_variable("WATCHDOG_PID"));
  const auto period = parse_int(take_variable("WATCHDOG_USEC"));
  if (period && *period > 0 && (!pid || *pid == getpid())) wish.watchdog = std::chrono::microseconds(*period);
  return wish;
}

Result<NotifySocket> NotifySocket::open(std::string_view address) {
  NotifySocket result;
  if (address.size() < 2 || (address[0] != '/' && address[0] != '@') ||
      address.size() >= sizeof result.address_.sun_path) {
    return make_error(Code::invalid, "NOTIFY_SOCKET is '" + std::string(address) +
                                         "': a path or @NAME of at most 107 bytes is understood");
  }
  result.address_.sun_family = AF_UNIX;
  std::memcpy(result.address_.sun_path, address.data(), address.size());
  if (address[0] == '@') result.address_.sun_path[0] = '\0';
  result.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  result.socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!result.socket_) return system_error("socket", address, errno);
  setsockopt(result.socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return result;
}

// Not connected: a manager that is started anew binds the same path again.
void NotifySocket::send(std::string_view lines) {
  if (!socket_) return;
  const int flags = MSG_NOSIGNAL | (patient_ ? 0 : MSG_DONTWAIT);
  ssize_t sent;
  do {
    sent = sendto(socket_.get(), lines.data(), lines.size(), flags,
                  reinterpret_cast<const sockaddr*>(&address_), size_);
  } while (sent < 0 && errno == EINTR);
  patient_ = sent >= 0;
}

}  // namespace troupe::os
