#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::os {

/// A process that holds an address.
struct Listener {
  int pid;
  std::string name;  ///< as in /proc/PID/comm

  bool operator==(const Listener&) const = default;
};

/// Who listens there, from /proc/net and /proc/PID/fd; nothing when nobody does or when it belongs to
/// somebody whose descriptors we may not see. They read all of /proc: for error messages only.
std::optional<Listener> who_listens_at_tcp_port(int port);
std::optional<Listener> who_has_udp_port(int port);
std::optional<Listener> who_listens_at_path(std::string_view path);

/// "taken by pid 4711 (circusd)", or "in use" when nobody can be named.
std::string taken_text(const std::optional<Listener>& listener);

/// The inode of the socket that listens on that port, from the text of /proc/net/tcp or tcp6.
std::optional<unsigned long> find_tcp_listener(std::string_view table, int port);
/// The inode of a socket bound to that port, from the text of /proc/net/udp or udp6.
std::optional<unsigned long> find_udp_socket(std::string_view table, int port);
/// The inode of the socket that listens at a path, from the text of /proc/net/unix.
std::optional<unsigned long> find_unix_listener(std::string_view table, std::string_view path);

}  // namespace troupe::os
