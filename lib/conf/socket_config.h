#pragma once

#include <optional>
#include <string>

#include "lib/conf/origin.h"

namespace troupe::conf {

/// One `[socket:NAME]`. Each member is one row of socket_options.cc.
struct SocketConfig {
  std::string name;  ///< lower case
  std::string host = "localhost";
  int port = 8080;  ///< 0 = any
  std::string family = "AF_INET";
  std::string type = "SOCK_STREAM";
  std::string proto = "0";
  std::optional<std::string> interface;
  std::optional<std::string> path;  ///< makes it AF_UNIX
  std::optional<int> umask = 010;
  bool replace = false;
  int backlog = 2048;
  bool so_reuseport = false;
  bool blocking = false;
  Origin origin;

  bool operator==(const SocketConfig&) const = default;
};

}  // namespace troupe::conf
