#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/conf/stream_config.h"

/// How lines are changed on their way, for the streams that change them. Pure: times are handed in as text.
namespace troupe::core {

/// Whose lines they are, and when.
struct LineContext {
  std::string_view watcher;
  std::string_view stream;  ///< "stdout" or "stderr"
  int wid = 0;
  int pid = 0;
  double time = 0;        ///< seconds since 1970
  std::string_view when;  ///< the same by the stream's time_format; of syslog `Nov 22 01:02:03`
  std::string_view tag;   ///< of syslog
  int priority = 0;       ///< of syslog: facility and severity
};

/// Whether a stream writes its bytes as they come.
bool is_verbatim(const conf::StreamSettings& settings);

/// The time_format that the stream has, with the default of its class; empty: it shows no time.
std::string time_format(const conf::StreamSettings& settings);

/// Whole lines, or a part of one, as the stream writes them. `in_line`: the bytes go on with a line that was
/// begun; afterwards, whether the last line is still to end. Circus's forms: `TIME [PID] | LINE`, and in
/// colour `ESC[0;3N;40mTIME [PID] | LINEESC[0m` for lines that are not empty. Streams with a frame around
/// each line (colour, JSON, syslog) make a line of each part.
std::string format_lines(const conf::StreamSettings& settings, const LineContext& context,
                         std::string_view bytes, bool& in_line);

}  // namespace troupe::core
