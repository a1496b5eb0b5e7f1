#include "daemon/core/spawn_queue.h"

#include <algorithm>

namespace troupe::core {

void SpawnQueue::push(WatcherId watcher, SlotId slot) {
  const Order order = ++last_order_;
  Line& line = lines_[watcher];
  if (line.slots.empty()) heads_.emplace(order, watcher);
  line.slots.emplace(order, slot);
  orders_.emplace(slot, std::pair(watcher, order));
}

void SpawnQueue::drop(SlotId slot) {
  const auto found = orders_.find(slot);
  if (found == orders_.end()) return;
  const auto [watcher, order] = found->second;
  orders_.erase(found);
  Line& line = lines_.at(watcher);
  line.slots.erase(order);
  if (heads_.erase({order, watcher}) > 0 && !line.slots.empty()) {
    heads_.emplace(line.slots.begin()->first, watcher);
  }
  forget_if_idle(watcher);
}

/// While a place is free, those it passes have starts on their way, so they are fewer than max_in_flight.
SpawnQueue::Heads::const_iterator SpawnQueue::next() const {
  const std::size_t free = max_in_flight - std::min(max_in_flight, flights_.size());
  if (free == 0) return heads_.end();
  return std::find_if(heads_.begin(), heads_.end(), [&](const auto& head) {
    return lines_.at(head.second).in_flight < share_of_free * free;
  });
}

std::optional<SpawnQueue::Queued> SpawnQueue::take() {
  const auto head = next();
  if (head == heads_.end()) return {};
  const auto [order, watcher] = *head;
  const SlotId slot = lines_.at(watcher).slots.at(order);
  drop(slot);
  return Queued{watcher, slot};
}

void SpawnQueue::took_off(ProcessId process, WatcherId watcher) {
  flights_.emplace(process, watcher);
  ++lines_[watcher].in_flight;
}

void SpawnQueue::landed(ProcessId process) {
  const auto found = flights_.find(process);
  if (found == flights_.end()) return;
  const WatcherId watcher = found->second;
  flights_.erase(found);
  --lines_.at(watcher).in_flight;
  forget_if_idle(watcher);
}

void SpawnQueue::forget_if_idle(WatcherId watcher) {
  const Line& line = lines_.at(watcher);
  if (line.slots.empty() && line.in_flight == 0) lines_.erase(watcher);
}

}  // namespace troupe::core
