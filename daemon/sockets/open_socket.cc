#include "daemon/sockets/open_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "lib/base/text.h"
#include "lib/conf/problem.h"
#include "lib/os/who_listens.h"

namespace troupe {

namespace {

using conf::SocketConfig;
using conf::SocketFamily;
using conf::SocketType;

constexpr mode_t all_may = 0777;  // what the mask of a socket's file takes from (bind(2))

Error failure(const SocketConfig& config, const std::string& what, const std::string& why) {
  const std::string where = config.origin.file.empty() ? "" : conf::place(config.origin) + ": ";
  return make_error(Code::system, where + "socket '" + config.name + "': " + what + ": " + why);
}

Error failure(const SocketConfig& config, const std::string& what, int error) {
  return failure(config, what, std::strerror(error));
}

int kernel_type(SocketType type) {
  switch (type) {
    case SocketType::stream:
      return SOCK_STREAM;
    case SocketType::datagram:
      return SOCK_DGRAM;
    case SocketType::raw:
      return SOCK_RAW;
    case SocketType::rdm:
      return SOCK_RDM;
    case SocketType::seqpacket:
      return SOCK_SEQPACKET;
  }
  return SOCK_STREAM;
}

Result<int> protocol_number(const SocketConfig& config) {
  if (const auto number = parse_int(config.proto)) return static_cast<int>(*number);
  const protoent* known = getprotobyname(config.proto.c_str());
  if (!known) return failure(config, "proto", "no protocol named '" + config.proto + "'");
  return known->p_proto;
}

/// When a socket cannot be tied to an interface.
std::string what_to_do(int error) {
  if (error == ENODEV) return "; `ip link` lists those that are there";
  return error == EPERM ? "; that needs root or CAP_NET_RAW" : "";
}

Result<os::Fd> make_socket(const SocketConfig& config) {
  auto protocol = protocol_number(config);
  if (!protocol) return protocol.error();
  const int flags = SOCK_CLOEXEC | (config.blocking ? 0 : SOCK_NONBLOCK);
  os::Fd fd(::socket(kernel_family(config.family), kernel_type(config.type) | flags, *protocol));
  if (!fd) return failure(config, "could not be created", errno);
  constexpr int on = 1;
  const auto set = [&](int option) { return setsockopt(fd.get(), SOL_SOCKET, option, &on, sizeof on) == 0; };
  if (!set(SO_REUSEADDR)) return failure(config, "SO_REUSEADDR", errno);
  if (config.so_reuseport && !set(SO_REUSEPORT)) return failure(config, "SO_REUSEPORT", errno);
  if (!config.interface) return fd;
  const std::string& device = *config.interface;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device.data(),
                 static_cast<socklen_t>(device.size())) != 0)
    return failure(config, "interface " + device, std::strerror(errno) + what_to_do(errno));
  return fd;
}

/// Who is in the way, as far as it can be told.
std::string taken_by(const SocketConfig& config, int port) {
  std::optional<os::Listener> listener;
  if (config.family == SocketFamily::local) {
    listener = os::who_listens_at_path(*config.path);
  } else {
    listener = config.listens() ? os::who_listens_at_tcp_port(port) : os::who_has_udp_port(port);
  }
  if (listener && listener->pid == getpid()) return "taken by another socket of this daemon";
  return os::taken_text(listener);
}

/// Leaves nothing at the path if that is allowed.
Result<void> make_room(const SocketConfig& config) {
  const std::string& path = *config.path;
  const std::string what = "could not bind " + path;
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return {};  // or bind will say what is wrong
  if (!S_ISSOCK(found.st_mode)) return failure(config, what, "the file exists and is no socket");
  if (!config.replace) {
    const auto listener = os::who_listens_at_path(path);
    return failure(config, what,
                   listener
                       ? os::taken_text(listener)
                       : "the file exists, and nobody is known to listen there; remove it or set replace");
  }
  if (unlink(path.c_str()) != 0) return failure(config, "could not remove " + path, errno);
  return {};
}

/// The mask holds for the whole process: bind makes the only file meanwhile.
class FileMask {
 public:
  explicit FileMask(const std::optional<int>& mask) : is_set_(mask.has_value()) {
    if (is_set_) before_ = ::umask(static_cast<mode_t>(*mask));
  }
  ~FileMask() {
    if (is_set_) ::umask(before_);
  }
  FileMask(const FileMask&) = delete;
  FileMask& operator=(const FileMask&) = delete;

 private:
  bool is_set_;
  mode_t before_ = 0;
};

/// For the time of its life a socket may be where others that share are.
class ShareTime {
 public:
  ShareTime(int fd, bool shares) : fd_(shares ? fd : -1) { set(1); }
  ~ShareTime() { set(0); }
  ShareTime(const ShareTime&) = delete;
  ShareTime& operator=(const ShareTime&) = delete;

 private:
  void set(int value) const {
    if (fd_ >= 0) (void)setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &value, sizeof value);
  }
  int fd_;
};

Result<void> bind_to(const SocketConfig& config, const os::Fd& fd, const Address& address) {
  const FileMask mask(config.family == SocketFamily::local ? config.umask : std::nullopt);
  if (::bind(fd.get(), address.get(), address.size()) == 0) return {};
  const int error = errno;
  const std::string what = "could not bind " + address.text();
  if (error == EADDRINUSE) return failure(config, what, taken_by(config, address.port()));
  return failure(config, what, error);
}

Result<void> start_listening(const SocketConfig& config, const os::Fd& fd) {
  if (!config.listens()) return {};
  if (::listen(fd.get(), config.backlog) != 0) return failure(config, "listen", errno);
  return {};
}

/// For the socket of the daemon itself, with so_reuseport.
Result<OpenSocket> without_traffic(const SocketConfig& config, OpenSocket opened) {
  if (config.listens()) return opened;  // without listen() it gets no connection
  if (config.port == 0) return failure(config, "so_reuseport", "a port of 0 needs a type with connections");
  auto unbound = make_socket(config);  // bound, it would have its share of the datagrams
  if (!unbound) return unbound.error();
  opened.fd = *std::move(unbound);
  return opened;
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat found {};
  if (lstat(path_.c_str(), &found) != 0) path_.clear();
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept {
  *this = std::move(other);
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

SocketFile::~SocketFile() {
  if (is_ours()) unlink(path_.c_str());
}

bool SocketFile::is_ours() const {
  struct stat found {};
  if (path_.empty() || lstat(path_.c_str(), &found) != 0) return false;
  return found.st_dev == device_ && found.st_ino == inode_;
}

bool SocketFile::move_aside() {
  const std::string aside = path_ + ".old";
  if (!is_ours() || renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, aside.c_str(), RENAME_NOREPLACE) != 0)
    return false;
  path_ = aside;
  return true;
}

void SocketFile::move_back(const std::string& path) {
  if (is_ours() && rename(path_.c_str(), path.c_str()) == 0) path_ = path;
}

void SocketFile::set_mode(mode_t mode) const {
  if (is_ours()) (void)chmod(path_.c_str(), mode);
}

Result<OpenSocket> open_socket(const SocketConfig& config, bool shares) {
  auto address = Address::find(config);
  if (!address) return failure(config, "host", address.error().text);
  auto fd = make_socket(config);
  if (!fd) return fd.error();
  const bool is_local = config.family == SocketFamily::local;
  const ShareTime sharing(fd->get(), shares && !is_local && !config.so_reuseport);
  if (is_local) {
    if (auto room = make_room(config); !room) return room.error();
  }
  if (auto bound = bind_to(config, *fd, *address); !bound) return bound.error();
  OpenSocket opened{*std::move(fd), is_local ? SocketFile(*config.path) : SocketFile(), *address};
  if (!is_local) opened.address = Address::of(opened.fd.get());
  if (config.so_reuseport) return without_traffic(config, std::move(opened));
  if (auto listening = start_listening(config, opened.fd); !listening) return listening.error();
  return opened;
}

Result<os::Fd> open_sibling(const SocketConfig& config, const OpenSocket& first) {
  auto fd = make_socket(config);
  if (!fd) return fd.error();
  if (auto bound = bind_to(config, *fd, first.address); !bound) return bound.error();
  if (auto listening = start_listening(config, *fd); !listening) return listening.error();
  return fd;
}

void adjust_socket(const SocketConfig& config, const OpenSocket& socket) {
  if (!config.so_reuseport) (void)start_listening(config, socket.fd);
  const int flags = fcntl(socket.fd.get(), F_GETFL);
  const int wanted = config.blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (flags >= 0 && wanted != flags) (void)fcntl(socket.fd.get(), F_SETFL, wanted);
  if (config.umask) socket.file.set_mode(all_may & ~static_cast<mode_t>(*config.umask));
}

}  // namespace troupe
