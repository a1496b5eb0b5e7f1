#pragma once

#include <string>
#include <string_view>

#include "lib/base/duration.h"
#include "lib/base/result.h"

namespace troupe::log {

/// Where lines go: standard error or a file. Never waits and never raises SIGPIPE; lines that find no room
/// are dropped and counted.
class LineFile {
 public:
  /// Standard error.
  LineFile() = default;
  /// A file to append to, created when missing.
  static Result<LineFile> open(const std::string& path);
  ~LineFile();
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&& other) noexcept;

  /// The line with its newline.
  void write(std::string_view line);

 private:
  LineFile(int fd, std::string path);
  /// When the path leads to another file than ours; looks at most once a second.
  void reopen_when_moved();
  bool put(std::string_view& text);
  bool end_half_line();

  int fd_ = 2;
  std::string path_;  ///< empty: standard error
  Instant next_look_{};
  unsigned long dropped_ = 0;
  bool half_ = false;  ///< the last line stopped midway
};

}  // namespace troupe::log
