#include "daemon/sockets/shared_place.h"

#include <sys/socket.h>

#include <algorithm>

namespace troupe {

namespace {

/// As far as ports go: one that shares without need is none the worse for it.
bool is_in_the_way(const Address& held, const Address& wanted) {
  if ((held.family() == AF_UNIX) != (wanted.family() == AF_UNIX)) return false;
  if (wanted.family() == AF_UNIX) return held.text() == wanted.text();
  return wanted.port() != 0 && held.port() == wanted.port();
}

void set_reuse(const OpenSocket& socket, int value) {
  (void)setsockopt(socket.fd.get(), SOL_SOCKET, SO_REUSEPORT, &value, sizeof value);
}

int reuse_of(const OpenSocket& socket) {
  int value = 0;
  socklen_t size = sizeof value;
  (void)getsockopt(socket.fd.get(), SOL_SOCKET, SO_REUSEPORT, &value, &size);
  return value;
}

}  // namespace

SharedPlace::~SharedPlace() {
  for (const Sharing& one : sharing_) {
    if (one.path.empty()) set_reuse(*one.socket, one.reuse);
    if (!one.path.empty() && !is_kept_) one.socket->file.move_back(one.path);
  }
}

bool SharedPlace::make_room(const Address& wanted) {
  bool found = false;
  for (const auto& socket : may_share_) {
    if (!is_in_the_way(socket->address, wanted)) continue;
    found = true;
    if (!is_sharing(*socket)) share(socket);
  }
  return found;
}

bool SharedPlace::is_sharing(const OpenSocket& socket) const {
  return std::any_of(sharing_.begin(), sharing_.end(),
                     [&](const Sharing& one) { return one.socket.get() == &socket; });
}

void SharedPlace::share(const std::shared_ptr<OpenSocket>& socket) {
  if (socket->address.family() == AF_UNIX) {
    std::string path = socket->file.path();
    if (socket->file.move_aside()) sharing_.push_back({socket, 0, std::move(path)});
    return;
  }
  sharing_.push_back({socket, reuse_of(*socket)});
  set_reuse(*socket, 1);
}

}  // namespace troupe
