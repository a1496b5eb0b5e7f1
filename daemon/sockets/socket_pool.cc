#include "daemon/sockets/socket_pool.h"

#include <algorithm>
#include <utility>

#include "daemon/sockets/shared_place.h"

namespace troupe {

namespace {

/// Whether one socket does for both.
bool is_bound_alike(const conf::SocketConfig& a, const conf::SocketConfig& b) {
  const bool same_kind = a.family == b.family && a.type == b.type && a.proto == b.proto &&
                         a.interface == b.interface && a.so_reuseport == b.so_reuseport;
  return same_kind && a.path == b.path && (a.path || (a.host == b.host && a.port == b.port));
}

using Sockets = std::map<std::string, SocketPool::Held>;

bool has(const Sockets& sockets, const std::shared_ptr<OpenSocket>& open) {
  return std::any_of(sockets.begin(), sockets.end(),
                     [&](const auto& entry) { return entry.second.open == open; });
}

/// What is held already, each for one name: its own if that still wants it (two with a port that the system
/// chooses are alike).
Sockets keep(const Sockets& held, const std::vector<conf::SocketConfig>& configs) {
  Sockets kept;
  for (const conf::SocketConfig& config : configs) {
    const auto same = held.find(config.name);
    if (same != held.end() && is_bound_alike(same->second.config, config))
      kept.emplace(config.name, SocketPool::Held{config, same->second.open});
  }
  for (const conf::SocketConfig& config : configs) {
    if (kept.count(config.name) > 0) continue;
    const auto same = std::find_if(held.begin(), held.end(), [&](const auto& entry) {
      return is_bound_alike(entry.second.config, config) && !has(kept, entry.second.open);
    });
    if (same != held.end()) kept.emplace(config.name, SocketPool::Held{config, same->second.open});
  }
  return kept;
}

/// What nobody wants any more.
std::vector<std::shared_ptr<OpenSocket>> leaving(const Sockets& held, const Sockets& kept) {
  std::vector<std::shared_ptr<OpenSocket>> sockets;
  for (const auto& [name, socket] : held) {
    if (!has(kept, socket.open)) sockets.push_back(socket.open);
  }
  return sockets;
}

/// Where one of ours is that goes, too: a wider address, another type.
Result<OpenSocket> open_in_place(const conf::SocketConfig& config, SharedPlace& place) {
  auto opened = open_socket(config);
  if (opened) return opened;
  const auto address = Address::find(config);
  return address && place.make_room(*address) ? open_socket(config, true) : std::move(opened);
}

}  // namespace

Result<void> SocketPool::apply(const std::vector<conf::SocketConfig>& configs) {
  const Sockets kept = keep(held_, configs);
  SharedPlace place(leaving(held_, kept));
  auto next = open_all(configs, kept, place);
  if (!next) return next.error();
  place.keep();
  for (auto& [name, watch] : watches_) watch->watch.reset();  // before what they watch is closed
  held_ = *std::move(next);
  for (const auto& [name, socket] : held_) adjust_socket(socket.config, *socket.open);
  renew_watches();
  return {};
}

Result<SocketPool::Sockets> SocketPool::open_all(const std::vector<conf::SocketConfig>& configs,
                                                 const Sockets& kept, SharedPlace& place) const {
  Sockets sockets = kept;
  for (const conf::SocketConfig& config : configs) {
    if (sockets.count(config.name) > 0) continue;
    if (os::next_descriptor() >= descriptors_.lasting)
      return make_error(Code::limit, "socket '" + config.name + "': " + descriptors_.none_left());
    auto opened = open_in_place(config, place);
    if (!opened) return opened.error();
    sockets.emplace(config.name, Held{config, std::make_shared<OpenSocket>(*std::move(opened))});
  }
  return sockets;
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
