#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace troupe::conf {

/// Where the output of a watcher goes, as it was written: the keys `stdout_stream.X` or `stderr_stream.X`.
/// stream_settings() of stream_options.h makes StreamSettings of it.
struct StreamConfig {
  std::string class_name;                      ///< as written; empty: FileStream, if there are options
  std::map<std::string, std::string> options;  ///< "filename" → …, without `class`

  /// Whether the output is taken at all. If not, the processes write to the daemon's own.
  bool is_set() const { return !class_name.empty() || !options.empty(); }

  bool operator==(const StreamConfig&) const = default;
};

/// The classes of streams: Circus's, and json and syslog. stream_options.cc has a row for each.
enum class StreamClass {
  file,                 ///< FileStream
  watched_file,         ///< WatchedFileStream
  timed_rotating_file,  ///< TimedRotatingFileStream
  standard_output,      ///< StdoutStream
  fancy,                ///< FancyStdoutStream
  json,                 ///< JsonStream
  syslog,               ///< SyslogStream
};

/// `rotate_when`: the unit of `rotate_interval`, midnight, or a day of the week (w0 is Monday).
enum class RotateWhen { second, minute, hour, day, midnight, w0, w1, w2, w3, w4, w5, w6 };

/// In the order of the colours' escape sequences.
enum class StreamColor { red = 1, green, yellow, blue, magenta, cyan, white };

/// The options of all classes of streams. Each member is one row of stream_options.cc; which class reads
/// which is said by the rows of the classes.
struct StreamSettings {
  StreamClass kind = StreamClass::file;
  std::optional<std::string> filename;     ///< nothing: a temporary file
  std::int64_t max_bytes = 0;              ///< 0: never rotated by size
  int backup_count = 0;                    ///< how many rotated files are kept
  std::optional<std::string> time_format;  ///< strftime; nothing: lines get no time in front
  RotateWhen rotate_when = RotateWhen::hour;
  int rotate_interval = 1;
  bool utc = false;
  bool gzip = false;                 ///< rotated files are compressed
  std::optional<StreamColor> color;  ///< nothing: one for each watcher, chosen by us
  std::string facility = "daemon";
  std::optional<std::string> tag;  ///< nothing: the watcher's name

  bool operator==(const StreamSettings&) const = default;
};

}  // namespace troupe::conf
