#include "daemon/sockets/socket_pool.h"

#include <algorithm>
#include <utility>

#include "lib/log/log.h"

namespace troupe {

namespace {

/// Whether one socket does for both.
bool is_bound_alike(const conf::SocketConfig& a, const conf::SocketConfig& b) {
  const bool same_kind = a.family == b.family && a.type == b.type && a.proto == b.proto &&
                         a.interface == b.interface && a.so_reuseport == b.so_reuseport;
  return same_kind && a.path == b.path && (a.path || (a.host == b.host && a.port == b.port));
}

std::map<std::string, SocketPool::Held> keep(const std::map<std::string, SocketPool::Held>& held,
                                             const std::vector<conf::SocketConfig>& configs) {
  std::map<std::string, SocketPool::Held> kept;
  for (const conf::SocketConfig& config : configs) {
    const auto same = std::find_if(held.begin(), held.end(), [&](const auto& entry) {
      return is_bound_alike(entry.second.config, config);
    });
    if (same != held.end()) kept.emplace(config.name, SocketPool::Held{config, same->second.open});
  }
  return kept;
}

}  // namespace

Result<void> SocketPool::apply(const std::vector<conf::SocketConfig>& configs, HostLookup how) {
  const Sockets kept = keep(held_, configs);
  auto next = open_all(configs, kept, how);
  if (!next) {
    // What is in the way may be one that goes: a wider address, another type.
    std::vector<Held> retired = retire(kept);
    if (retired.empty()) return next.error();
    next = open_all(configs, kept, how);
    if (!next) {
      reopen(std::move(retired), how);
      renew_watches();
      return next.error();
    }
  }
  for (auto& [name, watch] : watches_) watch->watch.reset();  // before what they watch is closed
  held_ = *std::move(next);
  for (const auto& [name, socket] : held_) adjust_socket(socket.config, *socket.open);
  renew_watches();
  return {};
}

Result<SocketPool::Sockets> SocketPool::open_all(const std::vector<conf::SocketConfig>& configs,
                                                 const Sockets& kept, HostLookup how) {
  Sockets sockets = kept;
  for (const conf::SocketConfig& config : configs) {
    if (sockets.count(config.name) > 0) continue;
    if (os::next_descriptor() >= descriptors_.lasting)
      return make_error(Code::limit, "socket '" + config.name + "': " + descriptors_.none_left());
    auto opened = open_socket(config, how);
    if (!opened) return opened.error();
    sockets.emplace(config.name, Held{config, std::make_shared<OpenSocket>(*std::move(opened))});
  }
  return sockets;
}

/// Closes what will not be held any more.
std::vector<SocketPool::Held> SocketPool::retire(const Sockets& kept) {
  std::vector<Held> retired;
  for (auto& [name, socket] : held_) {
    const bool stays = std::any_of(kept.begin(), kept.end(), [&, open = socket.open](const auto& entry) {
      return entry.second.open == open;
    });
    if (stays) continue;
    if (const auto watch = watches_.find(name); watch != watches_.end()) watch->second->watch.reset();
    socket.open.reset();
    retired.push_back(socket);
  }
  for (const Held& socket : retired) held_.erase(socket.config.name);
  return retired;
}

void SocketPool::reopen(std::vector<Held> retired, HostLookup how) {
  for (Held& socket : retired) {
    auto opened = open_socket(socket.config, how);
    if (!opened) {
      log::error("{}; it was closed to make room for another", opened.error().text);
      continue;
    }
    socket.open = std::make_shared<OpenSocket>(*std::move(opened));
    const std::string name = socket.config.name;
    held_.emplace(name, std::move(socket));
  }
}

std::vector<core::ManagedSocket> SocketPool::list() const {
  std::vector<core::ManagedSocket> sockets;
  for (const auto& [name, socket] : held_)
    sockets.push_back({socket.config, socket.open->address.host(), socket.open->address.port()});
  return sockets;
}

int SocketPool::find(const std::string& name) const {
  const auto found = held_.find(name);
  return found == held_.end() ? -1 : found->second.open->fd.get();
}

Result<os::Fd> SocketPool::open_own(const std::string& name) {
  const auto found = held_.find(name);
  if (found == held_.end()) return make_error(Code::not_found, "socket '" + name + "': there is none");
  return open_sibling(found->second.config, *found->second.open);
}

void SocketPool::watch(const core::WatchSocket& watch) {
  if (!watch.on) {
    watches_.erase(watch.name);
    return;
  }
  auto& known = watches_[watch.name];
  if (!known) known = std::make_unique<Watch>(Watch{*this, watch.name, {}});
  renew_watches();
}

/// Every watch on the descriptor that its socket has now.
void SocketPool::renew_watches() {
  for (auto& [name, watch] : watches_) {
    const int fd = find(name);
    if (watch->watch && watch->watch->fd() == fd) continue;
    watch->watch.reset();
    if (fd < 0) continue;
    watch->watch = std::make_unique<loop::FdWatch>(loop_, fd, loop::Ready{.readable = true},
                                                   loop::FdWatch::OnReady::to<&Watch::on_ready>(*watch));
  }
}

/// Once: as long as nobody accepts it stays readable.
void SocketPool::Watch::on_ready(loop::Ready) {
  const auto self = pool.watches_.extract(name);  // the answer may ask for another
  pool.listener_->on_socket_ready(name);
}

}  // namespace troupe
