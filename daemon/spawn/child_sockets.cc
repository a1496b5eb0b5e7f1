#include "daemon/spawn/child_sockets.h"

#include <cerrno>
#include <utility>

namespace troupe {

std::optional<SpawnFailure> ChildSockets::give(const core::SpawnSpec& spec, PreparedChild& child) {
  std::vector<int> sockets;
  int standard_input = -1;
  for (const core::GivenSocket& socket : spec.sockets) {
    sockets.push_back(find(socket));
    if (sockets.back() < 0) return failure_;
    // One of its own is one, whatever it is there for.
    if (socket == spec.stdin_socket) standard_input = sockets.back();
  }
  if (spec.stdin_socket && standard_input < 0) {
    standard_input = find(*spec.stdin_socket);
    if (standard_input < 0) return failure_;
  }
  child.give(std::move(sockets), standard_input);
  return {};
}

/// The descriptor, or -1 and why.
int ChildSockets::find(const core::GivenSocket& socket) {
  if (source_ && socket.own) return open_own(socket.name);
  const int fd = source_ ? source_->find(socket.name) : -1;
  if (fd < 0) failure_ = SpawnFailure{"socket", ENOENT, socket.name};
  return fd;
}

int ChildSockets::open_own(const std::string& name) {
  auto opened = source_->open_own(name);
  if (!opened) {
    failure_ = SpawnFailure{"socket", 0, name, opened.error().text};
    return -1;
  }
  own_.push_back(*std::move(opened));
  if (own_.back().get() < bound_) return own_.back().get();
  failure_ = SpawnFailure{"socket", EMFILE, name};
  return -1;
}

}  // namespace troupe
