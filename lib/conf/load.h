#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/conf/arbiter_config.h"
#include "lib/conf/problem.h"
#include "lib/conf/variables.h"

namespace troupe::conf {

/// Where configuration files come from: the disk in the daemon, a map in tests.
class FileSource {
 public:
  virtual ~FileSource() = default;
  /// The bytes of a file. The error's text is the reason alone, such as "No such file or directory".
  virtual Result<std::string> read(const std::string& path) = 0;
  /// The files that match a shell pattern, sorted; a path without special characters matches itself if it
  /// exists.
  virtual std::vector<std::string> glob(const std::string& pattern) = 0;
  /// Whether there is a program that may be run. The error's text is the reason alone; who cannot tell says
  /// yes.
  virtual Result<void> check_program(const std::string&) { return {}; }
  /// Whether there is such a folder; answers like check_program.
  virtual Result<void> check_folder(const std::string&) { return {}; }
};

/// Asks whether the system knows a user or a group, by name or number. Code::not_found: it does not, and the
/// text says so; anything else: it could not be asked.
using AccountCheck = Result<void> (*)(const std::string& name_or_number);

/// Whether a file or folder of keys can be used; the text names the file, and the line where there is one.
using KeyCheck = Result<void> (*)(const std::string& path);

/// What a configuration depends on besides its files.
struct Environment {
  Variables variables;  ///< the daemon's own, for $(circus.env.NAME) and for $NAME in [env]
  std::string run_dir;  ///< folder of the ipc endpoints, without the name
  std::string name;     ///< `--name`: a sub-folder of run_dir, also of the file's; "" = none
  std::string cwd;      ///< shown as working_dir of watchers that name none; empty: they keep none
  AccountCheck check_user = nullptr;   ///< nullptr: users are not checked
  AccountCheck check_group = nullptr;  ///< nullptr: groups are not checked
  /// Files of the root section that are opened at once, at the start: their folders must be there.
  std::vector<std::string_view> opened_files{};
  KeyCheck check_secret_key = nullptr;   ///< a file; nullptr: not checked
  KeyCheck check_client_keys = nullptr;  ///< a folder; nullptr: not checked
};

/// A configuration and everything that is wrong with it.
struct Loaded {
  Config config;
  std::vector<Problem> problems;

  /// Whether some problem is an error; the config then is not to be used.
  bool has_errors() const;
};

/// Reads a configuration file and its includes.
///
/// The root section decides how strict the reading is. Under `[troupe]` unknown sections and root options,
/// bad values and missing files are errors. Under `[circus]` what Circus ignores or survives is a warning,
/// what stops Circus is an error, and a watcher that Circus leaves out stays in the list with `error` set.
/// With `strict` every warning is an error.
Loaded load(const std::string& path, FileSource& files, const Environment& environment, bool strict = false);

}  // namespace troupe::conf
