#pragma once

#include <string>
#include <vector>

#include "daemon/core/spawn_spec.h"
#include "lib/conf/socket_config.h"
#include "lib/conf/variables.h"
#include "lib/conf/watcher_config.h"

namespace troupe::core {

/// One socket that the daemon holds for its processes.
struct ManagedSocket {
  conf::SocketConfig config;
  std::string host{};  ///< as it is bound; empty for a Unix socket
  int port = 0;        ///< as it is bound, never 0 there; 0 for a Unix socket
  bool operator==(const ManagedSocket&) const = default;
};

/// The managed sockets and the numbers that they have in processes. Pure.
///
/// Those that are shared come first, by name, then those of so_reuseport: from 3 on, without a gap, so that
/// the same numbers serve `$(circus.sockets.NAME)`, `listsockets` and LISTEN_FDS (sd_listen_fds(3)). In the
/// daemon itself they may have any.
class ManagedSockets {
 public:
  static constexpr int first_number = 3;

  explicit ManagedSockets(std::vector<ManagedSocket> sockets = {});

  /// In the order of their numbers.
  const std::vector<ManagedSocket>& list() const { return sockets_; }

  /// What the processes of a watcher get.
  struct Given {
    std::vector<GivenSocket>
        sockets;                  ///< with use_sockets: the shared ones, and those so_reuseport that it names
    conf::SocketNumbers numbers;  ///< for `$(circus.sockets.NAME)`; of those it does not get as listed
  };
  Given given_to(const conf::WatcherConfig& watcher) const;

  /// Which ones an on_demand watcher waits for: those that it names, else all if it has use_sockets. Never
  /// one of so_reuseport, which only its processes have.
  std::vector<std::string> awaited_by(const conf::WatcherConfig& watcher) const;

  /// Nullptr: there is none. `name` in lower case.
  const ManagedSocket* find(std::string_view name) const;

 private:
  std::vector<ManagedSocket> sockets_;
};

}  // namespace troupe::core
