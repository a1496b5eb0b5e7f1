#include "lib/log/syslog_socket.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace troupe::log {

namespace {

Error failure(std::string_view target, const std::string& why) {
  return make_error(Code::system, "syslog " + std::string(target) + ": " + why);
}

/// "[::1]:514", "host:514", "host".
std::pair<std::string, std::string> host_and_port(std::string_view target) {
  const bool brackets = target.starts_with('[') && target.find(']') != std::string_view::npos;
  const auto host_end = brackets ? target.find(']') + 1 : target.find(':');
  std::string host(target.substr(0, host_end));
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto rest = host_end < target.size() ? target.substr(host_end) : std::string_view();
  return {std::move(host), rest.size() > 1 ? std::string(rest.substr(1)) : "514"};
}

}  // namespace

Result<SyslogSocket> SyslogSocket::open(std::string_view target) {
  SyslogSocket socket;
  if (target.starts_with('/')) {
    sockaddr_un local{};
    if (target.size() >= sizeof local.sun_path) return failure(target, "the path is too long");
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, target.data(), target.size());
    std::memcpy(&socket.address_, &local, sizeof local);
    socket.size_ = sizeof local;
  } else {
    const auto [host, port] = host_and_port(target);
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_DGRAM;
    if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
      return failure(target, gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> guard(found, freeaddrinfo);
    std::memcpy(&socket.address_, found->ai_addr, found->ai_addrlen);
    socket.size_ = found->ai_addrlen;
  }
  if (!socket.connect()) return failure(target, std::strerror(errno));
  return socket;
}

SyslogSocket::~SyslogSocket() {
  if (fd_ >= 0) close(fd_);
}

SyslogSocket::SyslogSocket(SyslogSocket&& other) noexcept
    : address_(other.address_), size_(other.size_), fd_(std::exchange(other.fd_, -1)) {}

bool SyslogSocket::connect() {
  if (fd_ >= 0) close(fd_);
  fd_ = ::socket(address_.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd_ >= 0 && ::connect(fd_, reinterpret_cast<const sockaddr*>(&address_), size_) == 0;
}

void SyslogSocket::send(int priority, std::string_view text) {
  const std::string datagram = "<" + std::to_string(priority) + ">" + std::string(text);
  const auto put = [&] { return ::send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0; };
  if (put() || errno == EAGAIN || errno == EMSGSIZE) return;
  // A daemon of the logs that was started anew has a new socket at the old path; over UDP an error may be
  // that of the datagram before.
  if (connect()) (void)put();
}

}  // namespace troupe::log
