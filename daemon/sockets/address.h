#pragma once

#include <sys/socket.h>

#include <string>

#include "lib/base/result.h"
#include "lib/conf/socket_config.h"

namespace troupe {

int kernel_family(conf::SocketFamily family);

/// Where a socket is bound.
class Address {
 public:
  /// The path, or the first address of the host in its family. Error: the host is not known, the path is too
  /// long.
  static Result<Address> find(const conf::SocketConfig& config);
  /// The address that a socket has.
  static Address of(int fd);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  std::string host() const;  ///< a number: "127.0.0.1", "::1"; empty for a path
  int port() const;          ///< 0 for a path
  std::string text() const;  ///< "127.0.0.1:80", "[::1]:80", a path

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace troupe
