#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::wire {

/// A process that holds an endpoint.
struct Listener {
  int pid;
  std::string name;  ///< as in /proc/PID/comm

  bool operator==(const Listener&) const = default;
};

/// Who listens at a tcp:// or ipc:// endpoint, from /proc/net and /proc/PID/fd; nothing when nobody does or
/// when it belongs to somebody whose descriptors we may not see. Reads all of /proc: for error messages only.
std::optional<Listener> who_listens(std::string_view endpoint);

/// "taken by pid 4711 (circusd)", or "in use" when nobody can be named.
std::string taken_text(const std::optional<Listener>& listener);

/// The inode of the socket that listens on that port, from the text of /proc/net/tcp or tcp6.
std::optional<unsigned long> find_tcp_listener(std::string_view table, int port);
/// The same for a path, from the text of /proc/net/unix.
std::optional<unsigned long> find_unix_listener(std::string_view table, std::string_view path);

}  // namespace troupe::wire
