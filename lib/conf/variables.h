#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/conf/watcher_config.h"

/// Variables in values: `$(circus.NAME)` or `((circus.NAME))`, with `troupe.` as well. They are replaced in
/// two rounds: `circus.env.KEY` when a file is read, and `circus.wid`, `circus.env.KEY` and `circus.OPTION`
/// in `cmd`, `args` and `shell_args` at each start of a process.
namespace troupe::conf {

using Variables = std::map<std::string, std::string>;

/// Where names are looked up.
class Lookup {
 public:
  virtual ~Lookup() = default;
  /// `name` is in lower case, without the prefix: `wid`, `env.path`. Nothing: it is unknown.
  virtual std::optional<std::string> find(std::string_view name) const = 0;
};

/// Every variable of a known name replaced; the others stay as they stand. What is put in is not read again.
std::string expand(std::string_view text, const Lookup& lookup);

/// The first variable that is begun and not ended, as it stands there: `$(circus.wid`.
std::optional<std::string> find_unclosed(std::string_view text);

/// `env.KEY` in layers of variables, the first that has it counts. Case does not count, as in Circus, but an
/// upper-case name is found first. The maps must outlive the lookup.
class EnvLookup final : public Lookup {
 public:
  explicit EnvLookup(std::vector<const Variables*> layers) : layers_(std::move(layers)) {}
  std::optional<std::string> find(std::string_view name) const override;

 private:
  std::vector<const Variables*> layers_;
};

/// Managed sockets by name, in lower case, and the descriptor that each has in the child.
using SocketNumbers = std::map<std::string, int, std::less<>>;

/// What stands before a socket's name in a variable: `$(circus.sockets.NAME)`.
inline constexpr std::string_view sockets_prefix = "sockets.";

/// The second round, for the process `wid` of a watcher: `wid`, the options of `get` (`numprocesses`,
/// `shell`, `working_dir`, …, `rlimits.NAME`), `env.KEY` of the watcher's environment, over `inherited` if
/// it has copy_env, and `sockets.NAME`. All must outlive the lookup; `sockets` may be nullptr for none.
class SpawnVariables final : public Lookup {
 public:
  SpawnVariables(const WatcherConfig& config, int wid, const Variables& inherited,
                 const SocketNumbers* sockets = nullptr);
  std::optional<std::string> find(std::string_view name) const override;

 private:
  const WatcherConfig& config_;
  int wid_;
  EnvLookup env_;
  const SocketNumbers* sockets_;
};

/// `$NAME`, capitals, digits and `_`, replaced by the variable or by nothing, and the white space around the
/// text removed: the rule for values of `[env]` and `[env:PATTERNS]`. `${NAME}` and `$name` stay.
std::string expand_dollars(std::string_view text, const Variables& environment);

}  // namespace troupe::conf
