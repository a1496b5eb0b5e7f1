#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/conf/stream_config.h"

namespace troupe::core {

/// What a standard descriptor of a child is.
enum class Stdio {
  inherit,  ///< the daemon's own
  null,     ///< /dev/null
  stream,   ///< a pipe to the daemon, which writes it to where the watcher's stream says
};

/// The outputs of a process that can be captured.
enum class Output : std::uint8_t { out, err };
inline std::string_view to_text(Output output) {
  return output == Output::out ? "stdout" : "stderr";
}

/// Where a captured output goes.
struct Capture {
  std::string watcher;
  int wid = 0;
  conf::StreamSettings settings;
  bool operator==(const Capture&) const = default;
};

/// A managed socket that a process inherits.
struct GivenSocket {
  std::string name;  ///< of its section, in lower case
  bool own = false;  ///< so_reuseport: a fresh one for this process alone, bound to the same address
  bool operator==(const GivenSocket&) const = default;
};

/// One process to start, as data: tests compare it with ==, the spawner carries it out. Nothing in it needs
/// further decisions; names (user, group) are looked up by the spawner at each spawn.
struct SpawnSpec {
  std::string watcher;                     ///< whose process it is, for messages
  std::vector<std::string> argv;           ///< argv[0] without a slash is looked up in the child's PATH
  std::map<std::string, std::string> env;  ///< laid over the daemon's environment if copy_env
  bool copy_env = false;
  std::optional<std::string> executable;  ///< run this file, with argv as it is
  std::optional<std::string> cwd;
  std::optional<std::string> uid;  ///< name or number; alone it also sets the user's group and groups
  std::optional<std::string> gid;
  std::map<std::string, std::optional<std::int64_t>>
      rlimits;  ///< "nofile" → soft and hard; nullopt = unlimited
  std::optional<int> umask;
  bool setsid = true;
  Stdio in = Stdio::null;
  Stdio out = Stdio::inherit;
  Stdio err = Stdio::inherit;
  std::optional<Capture> out_stream;  ///< of Stdio::stream
  std::optional<Capture> err_stream;
  std::vector<GivenSocket> sockets{};         ///< under the numbers 3, 4, … and as LISTEN_FDS
  std::optional<GivenSocket> stdin_socket{};  ///< is the standard input
  int death_signal = 15;                      ///< sent when the keeper dies (PR_SET_PDEATHSIG)
  bool calls_daemon = false;                  ///< gets the keys to its endpoints, which no spec has

  bool operator==(const SpawnSpec&) const = default;
};

}  // namespace troupe::core
