#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
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
  std::uint64_t command = 0;   ///< the HookedCommand that it belongs to; 0: none
  std::string stats_key{};     ///< extended_stats: the member of `info` that is added to; "": `info` itself
  bool ignore_errors = false;  ///< of the option when it was called
};

/// A signal that hooks have a say about.
struct HookedSignal {
  SlotId slot;
  Signal signal;
  bool stops = false;         ///< of the stop procedure: the grace begins with it
  std::uint64_t command = 0;  ///< the HookedCommand that it belongs to; 0: none
};

/// A command `signal` or `stats` that hooks are asked for, process by process. It waits until the watcher has
/// nothing of its own to do, before each process anew, and a stop ends it.
struct HookedCommand {
  std::uint64_t id = 0;
  std::string_view name;         ///< "signal" or "stats"
  Ticket ticket = 0;             ///< 0: nobody waits
  Value reply = Value();         ///< so far
  std::deque<Signal> signals{};  ///< still to come, each by its hooks
  std::deque<HookCall> stats{};  ///< still to be asked
};

/// What a watcher does step by step because hooks come before or between: one hook runs at a time, and what
/// comes after it waits. Data alone; the watcher decides.
struct HookLine {
  struct Step {
    std::variant<HookCall, HookedSignal, Publish> what;
    bool if_yes = false;  ///< left out when the step before it came to no
  };

  /// Commands that wait for hooks, for each watcher; more are refused.
  static constexpr std::size_t most_commands = 64;

  bool busy() const { return running || !steps.empty(); }

  std::list<Step> steps;
  std::optional<HookCall> running;
  HookId id = 0;        ///< of the running one
  Instant due = never;  ///< when it has taken too long
  bool yes = true;      ///< what the last step came to
  /// At most most_commands; the first one is at work.
  std::list<HookedCommand> commands;
  std::uint64_t last_command = 0;
  bool told_full = false;  ///< the log knows that commands are refused
};

}  // namespace troupe::core
