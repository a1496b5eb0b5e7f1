#pragma once

#include <sys/types.h>

#include <string>

#include "daemon/sockets/address.h"
#include "lib/base/result.h"
#include "lib/conf/socket_config.h"
#include "lib/os/fd.h"

namespace troupe {

/// The file of a Unix socket that we made. Removed at the end, but only if it is still that one: somebody may
/// have put another in its place.
class SocketFile {
 public:
  SocketFile() = default;
  /// The file that is there now.
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile();

  const std::string& path() const { return path_; }
  /// If it is still that one.
  void set_mode(mode_t mode) const;
  /// To a free name beside its path, if it is still that one; it can be connected to no more.
  bool move_aside();
  /// Takes the place of what is there.
  void move_back(const std::string& path);

 private:
  bool is_ours() const;

  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// A managed socket, bound, and listening if connections come to it. Of so_reuseport it keeps the port for
/// those that processes get and takes nothing itself: it does not listen, or, where nobody connects, it is
/// not bound.
struct OpenSocket {
  os::Fd fd;        ///< close-on-exec
  SocketFile file;  ///< of a Unix socket
  Address address;  ///< as it is bound, or was
};

/// Opens a socket as its section says: SO_REUSEADDR, SO_REUSEPORT, SO_BINDTODEVICE, the mask for its file,
/// backlog, blocking or not. A host is looked up now, and its first address of the family counts.
/// Error: "socket 'web': could not bind 127.0.0.1:80: taken by pid 4711 (nginx)".
///
/// `shares`: beside others that share the port (SharedPlace), which go when it is there.
Result<OpenSocket> open_socket(const conf::SocketConfig& config, bool shares = false);

/// One more for the same address as `first`, for a process of its own; it listens.
Result<os::Fd> open_sibling(const conf::SocketConfig& config, const OpenSocket& first);

/// Makes an open socket what the section says now, where that needs no new one: backlog, blocking, file mode.
void adjust_socket(const conf::SocketConfig& config, const OpenSocket& socket);

}  // namespace troupe
