#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "ctl/endpoint.h"
#include "lib/base/text.h"
#include "lib/conf/endpoint.h"

namespace troupe::ctl {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// A folder in /tmp that is not the user's alone may have been put there by anybody, to be told commands.
std::string distrust(const std::string& path) {
  const std::string folder = "/tmp/troupe-" + std::to_string(getuid());
  if (!path.starts_with(folder + "/")) return {};
  struct stat found {};
  if (lstat(folder.c_str(), &found) != 0) return std::strerror(errno);
  if (!S_ISDIR(found.st_mode)) return folder + " is no folder";
  if (found.st_uid != getuid()) return folder + " belongs to another user";
  if ((found.st_mode & 022) != 0) return folder + " can be written to by others";
  return {};
}

/// What a connection to a local address says at once; empty: somebody listens, or nothing is known yet.
/// Without waiting: a daemon whose queue is full is busy, but there.
std::string try_connect(int domain, const sockaddr* to, socklen_t size, const char* refused) {
  const int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return {};
  int error = connect(fd, to, size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {  // the loopback's refusal may come a moment later
    constexpr int moment = 200;
    pollfd ready{fd, POLLOUT, 0};
    socklen_t length = sizeof error;
    if (poll(&ready, 1, moment) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = 0;
  }
  close(fd);
  if (error == ECONNREFUSED) return std::string("nobody listens") + refused;
  if (error == ENOENT) return std::string("nobody listens (") + std::strerror(error) + ")";
  return error == EACCES ? std::strerror(error) : "";
}

std::string listens_ipc(std::string_view path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof to.sun_path) return {};  // ZeroMQ says what it thinks of it
  path.copy(to.sun_path, path.size());
  socklen_t size = sizeof to;
  const bool abstract = path.front() == '@';  // no file, as ZeroMQ writes it
  struct stat found {};
  if (abstract) {
    to.sun_path[0] = '\0';
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  } else if (stat(to.sun_path, &found) == 0 && !S_ISSOCK(found.st_mode)) {
    return "no socket";
  }
  return try_connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&to), size,
                     abstract ? "" : " (left behind by a daemon that is gone)");
}

/// Without a connection, which a daemon with keys would log as that of a client without.
bool is_taken(const sockaddr* address, socklen_t size) {
  const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  constexpr int on = 1;  // what only lingers there takes nothing
  const bool taken = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                     bind(fd, address, size) != 0 && errno == EADDRINUSE;
  close(fd);
  return taken;
}

/// Only addresses of the loopback, which answer at once; of others nothing is known.
std::string listens_tcp(std::string_view address) {
  const auto colon = address.rfind(':');
  const std::string_view host = address.substr(0, colon);
  if (colon == address.npos || (host != "127.0.0.1" && host != "localhost")) return {};
  const auto port = parse_int(address.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return {};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(*port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* where = reinterpret_cast<const sockaddr*>(&to);
  return is_taken(where, sizeof to) ? "" : try_connect(AF_INET, where, sizeof to, "");
}

constexpr std::string_view ipc = "ipc://";
constexpr std::string_view tcp = "tcp://";

/// What can never be connected to would be tried until the timeout.
std::string is_no_endpoint(const std::string& endpoint) {
  if (const auto good = conf::check_endpoint(endpoint); !good) return good.error().text;
  if (!endpoint.starts_with(tcp)) return {};
  std::string host = endpoint.substr(tcp.size(), endpoint.rfind(':') - tcp.size());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (error != 0) return "the host " + host + " is not known (" + gai_strerror(error) + ")";
  freeaddrinfo(found);
  return {};
}

std::string listens(const std::string& endpoint) {
  if (std::string why = is_no_endpoint(endpoint); !why.empty()) return why;
  if (endpoint.starts_with(ipc)) return listens_ipc(std::string_view(endpoint).substr(ipc.size()));
  if (endpoint.starts_with(tcp)) return listens_tcp(std::string_view(endpoint).substr(tcp.size()));
  return {};
}

std::string probe(const std::string& endpoint) {
  std::string why = endpoint.starts_with(ipc) ? distrust(endpoint.substr(ipc.size())) : "";
  return why.empty() ? listens(endpoint) : why;
}

}  // namespace

Surroundings surroundings(const Settings& settings) {
  const auto said = [](const std::string& option, const char* name) {
    return option.empty() ? environment(name) : option;
  };
  return {environment("TROUPE_ENDPOINT"),
          environment("CIRCUSCTL_ENDPOINT"),
          environment("XDG_RUNTIME_DIR"),
          getuid(),
          listens,
          probe,
          {said(settings.curve_key, "TROUPE_CURVE_KEY"), environment("TROUPE_CURVE_SECRET"),
           said(settings.curve_server, "TROUPE_CURVE_SERVER")}};
}

}  // namespace troupe::ctl
