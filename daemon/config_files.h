#pragma once

#include "lib/conf/load.h"

namespace troupe {

/// When a configuration is read. At the start nothing else is going on yet, and what takes its time may be
/// waited for; who serves waits for nobody.
enum class When { start, serving };

/// Configuration files on the disk. A file above 16 MiB is refused: it is something else.
class ConfigFiles final : public conf::FileSource {
 public:
  /// At the start a pipe without bytes is waited for, 5 s at most.
  explicit ConfigFiles(When when) : when_(when) {}
  Result<std::string> read(const std::string& path) override;
  std::vector<std::string> glob(const std::string& pattern) override;
  Result<void> check_folder(const std::string& path) override;
  Result<void> check_program(const std::string& path) override;

 private:
  When when_;
};

/// What the configuration depends on besides its files: the variables of this process, its current folder,
/// where its endpoints go (`name`: of `--name`), and which users and groups there are. At the
/// start the data base of users is asked; later only the files of the machine, and a name that some server
/// may know passes: the thread that looks it up for a process tells.
conf::Environment process_environment(const std::string& name, When when);

}  // namespace troupe
