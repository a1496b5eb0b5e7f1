#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "daemon/core/effects.h"
#include "daemon/core/slot.h"

namespace troupe::core {

/// A hook to call, and about what.
struct HookCall {
  conf::Hook hook;
  Value arguments = Value::object();
  std::optional<Instant> time{};  ///< the argument `time`
  SlotId slot = 0;                ///< signal hooks: whose process
  ProcessId process = 0;
  Ticket stats = 0;            ///< extended_stats: who asked
  std::string stats_key{};     ///< and the member of `info` that is added to; "": `info` itself
  bool ignore_errors = false;  ///< of the option when it was called
};

/// A signal that hooks have a say about.
struct HookedSignal {
  SlotId slot;
  Signal signal;
  bool stops = false;  ///< of the stop procedure: the grace begins with it
};

/// The end of a question for extended stats.
struct StatsAsked {
  Ticket ticket;
};

/// What a watcher does step by step because hooks come before or between: one hook runs at a time, and what
/// comes after it waits. Data alone; the watcher decides.
struct HookLine {
  struct Step {
    std::variant<HookCall, HookedSignal, Publish, StatsAsked> what;
    bool if_yes = false;  ///< left out when the step before it came to no
  };

  bool busy() const { return running || !steps.empty(); }

  std::deque<Step> steps;
  std::optional<HookCall> running;
  HookId id = 0;        ///< of the running one
  Instant due = never;  ///< when it has taken too long
  bool yes = true;      ///< what the last step came to
  std::map<Ticket, Value> stats;
};

}  // namespace troupe::core
