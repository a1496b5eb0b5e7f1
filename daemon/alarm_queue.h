#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/core/effects.h"

namespace troupe {

/// One time for each key, and which comes first. Reads no clock.
class AlarmQueue {
 public:
  /// core::never takes the key away.
  void set(const core::TimerKey& key, Instant at);
  /// core::never when nothing waits.
  Instant next() const { return order_.empty() ? core::never : order_.begin()->first; }
  /// Takes out what is due, the earliest first.
  std::optional<core::TimerKey> take_due(Instant now);
  std::size_t size() const { return times_.size(); }

 private:
  std::map<core::TimerKey, Instant> times_;
  std::set<std::pair<Instant, core::TimerKey>> order_;
};

}  // namespace troupe
