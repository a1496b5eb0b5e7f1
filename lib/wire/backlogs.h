#pragma once

#include <string>
#include <unordered_map>

#include "lib/wire/backlog.h"

namespace troupe::wire {

/// The backlog of each peer of a ROUTER that has one.
class Backlogs {
 public:
  /// As long as something of the peer is out, or until the next call.
  const Backlog& of(const std::string& identity);
  std::size_t size() const { return all_.size(); }

 private:
  std::unordered_map<std::string, Backlog> all_;
  std::size_t sweep_at_ = 64;  ///< peers that have nothing left are forgotten then
};

}  // namespace troupe::wire
