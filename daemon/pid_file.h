#pragma once

#include <string>

#include "lib/base/result.h"

namespace troupe {

/// A pid file by the rules of circusd: "PID\n", mode 0644; one that names a living process other than this
/// one is an error, one that names a dead process or holds no number is overwritten. Removed by the
/// destructor, in the process that wrote it and only if it still holds its pid.
class PidFile {
 public:
  /// Writes the pid of this process. Errors name the file and the living process.
  static Result<PidFile> claim(std::string path);
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

 private:
  PidFile(std::string path, int pid) : path_(std::move(path)), pid_(pid) {}

  std::string path_;
  int pid_;
};

}  // namespace troupe
