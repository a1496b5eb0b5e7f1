#pragma once

#include <string>

#include "lib/base/result.h"

namespace troupe {

/// A pid file as circusd has it: "PID\n", mode 0644. One that names another living daemon is an error; one
/// that names nobody, or a program that has the number of a daemon long gone, is overwritten. What is no pid
/// file (its text no number, a link, a folder, a device) is an error and stays as it is; circusd would write
/// over it. Removed by the destructor, in the process that wrote it and only if it still holds its pid.
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
