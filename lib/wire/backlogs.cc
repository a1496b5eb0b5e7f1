#include "lib/wire/backlogs.h"

#include <algorithm>

namespace troupe::wire {

const Backlog& Backlogs::of(const std::string& identity) {
  if (all_.size() >= sweep_at_) {
    std::erase_if(all_, [](const auto& peer) { return peer.second->messages() == 0; });
    sweep_at_ = std::max<std::size_t>(64, 2 * all_.size());
  }
  Backlog& backlog = all_[identity];
  if (!backlog) backlog = std::make_shared<BacklogCount>();
  return backlog;
}

}  // namespace troupe::wire
