#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/core/effects.h"
#include "daemon/core/slot.h"

namespace troupe::core {

/// Which slot is started next, and which starts are on their way through exec. First come, first served, but
/// for watchers that have their share of the starts on their way already: an exec may hang for long (a dead
/// mount), and one watcher must not take the places of all.
class SpawnQueue {
 public:
  struct Queued {
    WatcherId watcher;
    SlotId slot;
  };

  /// Starts on their way through exec, all together.
  static constexpr std::size_t max_in_flight = 64;
  /// A watcher starts no more while as many of its starts are on their way as this times the places that are
  /// free: alone it gets 48 of 64, a second one then 12, a third 3, so that whoever comes finds a place.
  static constexpr std::size_t share_of_free = 3;

  /// `slot` must not be queued.
  void push(WatcherId watcher, SlotId slot);
  /// Takes the slot out, if it is queued.
  void drop(SlotId slot);
  /// Nothing is queued, whether it may start or not.
  bool empty() const { return orders_.empty(); }

  /// There is one that may start now.
  bool has_next() const { return next() != heads_.end(); }
  /// Takes that one out.
  std::optional<Queued> take();

  /// The start of that process is on its way; and it is over, however it ended.
  void took_off(ProcessId process, WatcherId watcher);
  void landed(ProcessId process);
  bool in_flight(ProcessId process) const { return flights_.count(process) > 0; }
  std::size_t in_flight() const { return flights_.size(); }

 private:
  using Order = std::uint64_t;
  using Heads = std::set<std::pair<Order, WatcherId>>;
  struct Line {
    std::map<Order, SlotId> slots;
    std::size_t in_flight = 0;
  };

  Heads::const_iterator next() const;
  void forget_if_idle(WatcherId watcher);

  std::map<WatcherId, Line> lines_;
  Heads heads_;  ///< the first of each line
  std::map<SlotId, std::pair<WatcherId, Order>> orders_;
  std::map<ProcessId, WatcherId> flights_;
  Order last_order_ = 0;
};

}  // namespace troupe::core
