#include "daemon/core/managed_sockets.h"

#include <algorithm>

#include "lib/conf/used_sockets.h"

namespace troupe::core {

ManagedSockets::ManagedSockets(std::vector<ManagedSocket> sockets) : sockets_(std::move(sockets)) {
  std::sort(sockets_.begin(), sockets_.end(), [](const ManagedSocket& a, const ManagedSocket& b) {
    if (a.config.so_reuseport != b.config.so_reuseport) return b.config.so_reuseport;
    return a.config.name < b.config.name;
  });
}

const ManagedSocket* ManagedSockets::find(std::string_view name) const {
  const auto at = std::find_if(sockets_.begin(), sockets_.end(),
                               [&](const ManagedSocket& socket) { return socket.config.name == name; });
  return at == sockets_.end() ? nullptr : &*at;
}

ManagedSockets::Given ManagedSockets::given_to(const conf::WatcherConfig& watcher) const {
  Given given;
  const auto named = conf::used_sockets(watcher);
  int listed = first_number;
  for (const ManagedSocket& socket : sockets_) {
    const std::string& name = socket.config.name;
    const bool own = socket.config.so_reuseport;
    given.numbers.emplace(name, listed++);
    if (!watcher.use_sockets || (own && named.count(name) == 0)) continue;
    given.numbers[name] = first_number + static_cast<int>(given.sockets.size());
    given.sockets.push_back({name, own});
  }
  return given;
}

std::vector<std::string> ManagedSockets::awaited_by(const conf::WatcherConfig& watcher) const {
  const auto named = conf::used_sockets(watcher);
  std::vector<std::string> awaited;
  for (const ManagedSocket& socket : sockets_) {
    const bool meant = named.empty() ? watcher.use_sockets : named.count(socket.config.name) > 0;
    if (meant && !socket.config.so_reuseport) awaited.push_back(socket.config.name);
  }
  return awaited;
}

}  // namespace troupe::core
