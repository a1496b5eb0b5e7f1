#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::log {

enum class Level { debug, info, warning, error, critical };

struct Options {
  Level level = Level::info;
  /// `-` or `stdout`: standard error (so Circus); `syslog` or `syslog://?FACILITY`: the system's log;
  /// `syslog://HOST[:PORT]?FACILITY`, `syslog:///PATH?FACILITY`: datagrams to the syslog there;
  /// else a file, appended to, and opened anew within a second when it was renamed away.
  std::string output = "-";
  /// What lines begin with: `2026-11-21 18:58:08 troupe[12363] [INFO] text`.
  std::string program = "troupe";
};

/// Sets where lines go; may be called again. Before the first call lines of `info` and above go to standard
/// error. Error: the file cannot be opened, the facility is unknown; nothing is changed then.
Result<void> open(const Options& options);

/// debug info warning warn error critical, any case.
Result<Level> parse_level(std::string_view text);

/// Whether lines of this level are written; for texts that are costly to make.
bool enabled(Level level);
void set_level(Level level);

/// Writes one line: control characters within come out as \n, \x1b. Never throws, never waits for a reader:
/// what a full pipe or disk does not take is dropped, and counted in a line as soon as there is room.
void vlog(Level level, fmt::string_view format, fmt::format_args arguments);

template <class... A>
void debug(fmt::format_string<A...> format, A&&... arguments) {
  vlog(Level::debug, format, fmt::make_format_args(arguments...));
}
template <class... A>
void info(fmt::format_string<A...> format, A&&... arguments) {
  vlog(Level::info, format, fmt::make_format_args(arguments...));
}
template <class... A>
void warning(fmt::format_string<A...> format, A&&... arguments) {
  vlog(Level::warning, format, fmt::make_format_args(arguments...));
}
template <class... A>
void error(fmt::format_string<A...> format, A&&... arguments) {
  vlog(Level::error, format, fmt::make_format_args(arguments...));
}
template <class... A>
void critical(fmt::format_string<A...> format, A&&... arguments) {
  vlog(Level::critical, format, fmt::make_format_args(arguments...));
}

}  // namespace troupe::log
