#pragma once

#include <optional>
#include <string>

#include "lib/conf/origin.h"

namespace troupe::conf {

/// `family`: AF_INET, AF_INET6, AF_UNIX.
enum class SocketFamily { inet, inet6, local };

/// `type`: SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET.
enum class SocketType { stream, datagram, raw, rdm, seqpacket };

/// One `[socket:NAME]`. Each member is one row of socket_options.cc.
struct SocketConfig {
  std::string name;  ///< lower case
  std::string host = "localhost";
  int port = 8080;  ///< 0 = any
  SocketFamily family = SocketFamily::inet;
  SocketType type = SocketType::stream;
  std::string proto = "0";               ///< 0, or a name of getprotobyname(3)
  std::optional<std::string> interface;  ///< SO_BINDTODEVICE
  std::optional<std::string> path;       ///< set exactly when the family is local
  std::optional<int> umask = 010;        ///< for the file of a local socket
  bool replace = false;
  int backlog = 2048;
  bool so_reuseport = false;
  bool blocking = false;
  Origin origin;

  /// Whether connections come to it; else it is only bound.
  bool listens() const { return type == SocketType::stream || type == SocketType::seqpacket; }

  bool operator==(const SocketConfig&) const = default;
};

}  // namespace troupe::conf
