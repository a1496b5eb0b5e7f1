#include "daemon/alarm_queue.h"

namespace troupe {

void AlarmQueue::set(const core::TimerKey& key, Instant at) {
  if (const auto known = times_.find(key); known != times_.end()) {
    order_.erase({known->second, key});
    times_.erase(known);
  }
  if (at == core::never) return;
  times_.emplace(key, at);
  order_.emplace(at, key);
}

std::optional<core::TimerKey> AlarmQueue::take_due(Instant now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  const core::TimerKey key = order_.begin()->second;
  order_.erase(order_.begin());
  times_.erase(key);
  return key;
}

}  // namespace troupe
