#pragma once

#include "lib/conf/load.h"

namespace troupe {

/// Configuration files on the disk. A file above 16 MiB is refused: it is something else.
class ConfigFiles final : public conf::FileSource {
 public:
  /// `at_start`: nothing else is going on yet, so that a pipe without bytes is waited for, 5 s at most.
  explicit ConfigFiles(bool at_start) : at_start_(at_start) {}
  Result<std::string> read(const std::string& path) override;
  std::vector<std::string> glob(const std::string& pattern) override;

 private:
  bool at_start_;
};

/// What the configuration depends on besides its files: the variables of this process, its current folder,
/// where its endpoints go (`name`: of `--name`), and which users and groups there are.
conf::Environment process_environment(const std::string& name);

}  // namespace troupe
