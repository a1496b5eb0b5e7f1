#pragma once

#include <vector>

#include "daemon/ports.h"
#include "daemon/spawn/prepared_child.h"

namespace troupe {

/// The managed sockets for one child between its preparation and its clone: those of its own are closed at
/// the end, when the child has them.
class ChildSockets {
 public:
  /// `source` may be nullptr for none. Descriptors from `bound` on are not for us.
  ChildSockets(SocketSource* source, int bound) : source_(source), bound_(bound) {}

  /// Gives the child what its spec asks for. Nothing: done.
  std::optional<SpawnFailure> give(const core::SpawnSpec& spec, PreparedChild& child);

 private:
  int find(const core::GivenSocket& socket);
  int open_own(const std::string& name);

  SocketSource* source_;
  int bound_;
  std::vector<os::Fd> own_;
  SpawnFailure failure_{};
};

}  // namespace troupe
