#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "ctl/endpoint.h"
#include "lib/base/text.h"

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

std::string probe_ipc(const std::string& path) {
  if (std::string why = distrust(path); !why.empty()) return why;
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return std::strerror(errno);
  return S_ISSOCK(found.st_mode) ? std::string() : "no socket";
}

/// Only addresses of the loopback, which answer at once; of others nothing is known.
std::string probe_tcp(std::string_view address) {
  constexpr std::string_view loopback = "127.0.0.1:";
  const auto port = address.starts_with(loopback) ? parse_int(address.substr(loopback.size())) : std::nullopt;
  if (!port || *port < 1 || *port > 65535) return {};
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(*port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string why;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) why = std::strerror(errno);
  close(fd);
  return why;
}

std::string probe(const std::string& endpoint) {
  constexpr std::string_view ipc = "ipc://";
  constexpr std::string_view tcp = "tcp://";
  if (endpoint.starts_with(ipc)) return probe_ipc(endpoint.substr(ipc.size()));
  if (endpoint.starts_with(tcp)) return probe_tcp(std::string_view(endpoint).substr(tcp.size()));
  return {};
}

}  // namespace

Surroundings surroundings() {
  return {environment("TROUPE_ENDPOINT"), environment("CIRCUSCTL_ENDPOINT"), environment("XDG_RUNTIME_DIR"),
          getuid(), probe};
}

}  // namespace troupe::ctl
