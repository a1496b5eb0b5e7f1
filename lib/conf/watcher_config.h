#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/duration.h"
#include "lib/conf/hook_config.h"
#include "lib/conf/origin.h"
#include "lib/conf/stream_config.h"

namespace troupe::conf {

/// Of one watcher: far above what a machine runs, so that a slip of the hand does not eat its memory.
inline constexpr int most_processes = 100000;

/// `args`: text is split like `cmd`; a list (only the `add` and `set` commands give one) is taken as it is.
struct ArgsOption {
  std::string text;
  std::vector<std::string> words;
  bool is_list = false;

  bool operator==(const ArgsOption&) const = default;
};

/// One `[watcher:NAME]` or `[plugin:NAME]`: everything the supervisor needs to run its processes. Each member
/// is one row of watcher_options.cc, which has its type, default and meaning for people.
struct WatcherConfig {
  std::string name;
  std::string cmd;
  ArgsOption args;
  int numprocesses = 1;
  Duration warmup_delay{};
  std::optional<std::string> working_dir;
  bool shell = false;
  std::optional<std::string> shell_args;
  std::optional<std::string> executable;
  std::optional<std::string> uid;  ///< name or number as text; resolved at each spawn
  std::optional<std::string> gid;
  std::map<std::string, std::string> env;  ///< of the `[env]` and `[env:PATTERN]` sections, or of `add`/`set`
  bool copy_env = false;
  bool copy_path = false;
  std::optional<std::string> virtualenv;
  std::optional<std::string> virtualenv_py_ver;
  std::map<std::string, std::optional<std::int64_t>> rlimits;  ///< "nofile" → value; nullopt = unlimited
  std::optional<int> umask;
  bool setsid = true;
  int stop_signal = 15;
  bool stop_children = false;
  Duration graceful_timeout = 30s;
  bool send_hup = false;
  int max_retry = 5;
  Duration retry_in{};  ///< Circus's clients may set it; it has no effect, there and here
  Duration restart_delay{};
  Duration restart_delay_max{};
  Duration restart_reset = 10s;
  int priority = 0;
  bool singleton = false;
  bool autostart = true;
  bool respawn = true;
  bool on_demand = false;
  bool use_sockets = false;
  std::optional<std::string> stdin_socket;
  bool close_child_stdin = true;
  bool close_child_stdout = false;
  bool close_child_stderr = false;
  Duration max_age{};
  Duration max_age_variance = 30s;
  std::map<std::string, HookConfig> hooks;  ///< "before_start" → …
  Duration hook_timeout = 30s;
  StreamConfig stdout_stream;
  StreamConfig stderr_stream;
  bool check_flapping = true;  ///< of old Circus files; it has no effect, there and here
  std::vector<std::pair<std::string, std::string>> free;  ///< keys that are no option, for plugins and users

  std::optional<std::string> plugin;  ///< `use` of a [plugin:NAME] section; cmd is then made from it
  Origin origin;
  std::string error;  ///< why this watcher cannot run ([circus] only: it is shown as failed); empty = good

  bool operator==(const WatcherConfig&) const = default;
};

}  // namespace troupe::conf
