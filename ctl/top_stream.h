#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/duration.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// The figures of processes that the stream of statistics tells, in the form in which `stats` tells them, so
/// that the daemon itself has nothing to measure. Knows no socket and no clock.
class StreamFigures {
 public:
  /// What was not heard of for so long is no more; there is a round every second.
  static constexpr Duration lifetime = 2500ms;

  /// `daemon`: the pid of the arbiter. A stream of another daemon, which an address may lead to, has another.
  explicit StreamFigures(std::int64_t daemon) : daemon_(daemon) {}

  void add(std::string_view topic, Value data, Instant now);

  /// The reply to `stats` of all watchers that have processes, their names in lower case. Nothing: the
  /// daemon's stream is silent. What is no more is forgotten.
  std::optional<Value> stats(Instant now);

 private:
  struct Process {
    Value info;
    Instant heard;
  };

  const std::int64_t daemon_;
  std::optional<Instant> heard_;
  std::map<std::string, std::map<std::string, Process>, std::less<>> watchers_;
};

}  // namespace troupe::ctl
