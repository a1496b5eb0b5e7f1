#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/effects.h"
#include "lib/conf/watcher_config.h"

namespace troupe::core {

/// One entry of a watcher's queue: what was asked for, and how far it is.
struct Operation {
  enum class Kind : std::uint8_t { start, stop, restart, reload, resize, replace };
  /// asking: before_start runs. refused: a hook said no, and what runs is stopped.
  enum class Phase : std::uint8_t { queued, stopping, asking, starting, replacing, retiring, refused };

  Kind kind;
  Ticket ticket = 0;
  bool graceful = true;     ///< reload: false = restart
  bool sequential = false;  ///< reload: one process after the other
  bool of_change = false;   ///< follows from a change of the configuration, which stays whatever comes of it

  bool by_demand = false;  ///< start: somebody connects to a socket of an on_demand watcher
  /// replace: what the watcher is once its old processes are gone; null when that is done.
  std::shared_ptr<const conf::WatcherConfig> config{};
  bool starts = true;  ///< replace: whether it is started then

  /// Which operation on several watchers it is a part of, if its turn comes by those: 0, or a number. The
  /// second half of such a restart waits for its turn.
  std::uint64_t joint = 0;

  Phase phase = Phase::queued;
  int target = 0;                           ///< resize: numprocesses when it was asked for, for the reply
  std::vector<int> before{};                ///< pids when it began, for the reply
  std::vector<std::uint64_t> to_replace{};  ///< sequential reload: slots still to come, last first
  std::uint64_t replacing = 0;              ///< sequential reload: the slot at work
  std::optional<Error> error{};             ///< a reload that failed: said when its new processes are gone
};

/// How many operations of one watcher wait or run at most; one more fails with Code::limit. Neither stops
/// count, which end all that waits, nor replacements, of which one that waits takes in the next.
inline constexpr std::size_t most_operations = 64;

std::string_view to_text(Operation::Kind kind);

/// The beginning of a sentence about what became of it: "start of web", or "web is changed, but the wait for
/// its processes".
std::string subject(const Operation& operation, const std::string& watcher);

/// What a caller hears whose operation something else ended: "start of web was ended by a stop".
Error ended_by(std::string_view what, const Operation& operation, const std::string& watcher);
inline constexpr std::string_view a_stop = "a stop", its_removal = "its removal";

}  // namespace troupe::core
