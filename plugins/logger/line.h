#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/value.h"

namespace troupe::json {
class ObjectWriter;
}

namespace troupe::plugins::logger {

/// Which event it is.
struct Position {
  std::int64_t seq;
  Value boot;

  bool operator==(const Position&) const = default;
};

/// An event as a line of JSON, its topic first: {"topic":"watcher.web.spawn","process_pid":…,"seq":…}
std::string json_line(json::ObjectWriter& writer, std::string_view topic, const Value& message);

/// An event as a line for people, its time in UTC: `2026-11-21 18:58:08.044 watcher.web.spawn
/// process_pid=9361 seq=17 boot="b1"`. seq and boot come last, where read_tail() finds them.
std::string text_line(std::string_view topic, const Value& message);

/// The number and boot of an event, if it has a number.
std::optional<Position> position_of(const Value& message);

/// What the end of such a file tells.
struct Tail {
  std::size_t torn;                  ///< bytes at the end of a line that was never finished, to be cut off
  std::optional<Position> position;  ///< of the last line that has one
};

/// `text`: the end of the file, in lines of either kind, `from_start` when it is all of it. A line cut by the
/// beginning of the text is not looked at.
Tail read_tail(std::string_view text, bool from_start);

}  // namespace troupe::plugins::logger
