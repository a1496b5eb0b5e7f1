#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/value.h"
#include "lib/conf/arbiter_config.h"
#include "lib/conf/socket_config.h"
#include "lib/conf/watcher_config.h"

namespace troupe::conf {

/// When a change by `set` takes effect; the later ones are the stronger.
enum class Apply {
  live,     ///< at once, or the next time it is needed; running processes stay
  respawn,  ///< running processes are replaced by a graceful reload
  fixed,    ///< only by a new start of the daemon
};

/// Where an option can be named.
struct Where {
  bool file = false;  ///< in the section of an INI file
  bool set = false;   ///< by the commands `add` and `set`
  bool get = false;   ///< by the commands `get` and `options`
};
inline constexpr Where everywhere{true, true, true};
inline constexpr Where in_file{true, false, false};
inline constexpr Where in_file_and_get{true, false, true};
inline constexpr Where in_file_and_set{true, true, false};
inline constexpr Where in_set{false, true, false};
inline constexpr Where in_get{false, false, true};

/// What Circus does with a bad value in a file; under [troupe] each is an error.
enum class BadValue {
  stops,      ///< it does not start
  leaves_out  ///< it leaves the watcher out and goes on
};

/// What a row says. The functions of an Option come from its kind.
struct Row {
  std::string_view name;      ///< `rlimit_*`: a family; the rest of the key is its suffix
  std::string_view fallback;  ///< the default, as text that the kind parses
  Apply apply = Apply::fixed;
  Where where = everywhere;
  std::string_view doc;
  std::string_view not_yet = {};  ///< why a value other than the default has no effect; empty = it has
  BadValue bad_value = BadValue::stops;

  bool is_family() const { return name.ends_with('*'); }
  /// The name without `.*` or `_*`, for sentences.
  std::string_view plain_name() const { return name.substr(0, name.size() - (is_family() ? 2 : 0)); }
};

using KeysAndTexts = std::vector<std::pair<std::string, std::string>>;

/// One option of a section: the file's parser, `set`, `get`, `options`, troupectl and docs/options.md are
/// made from it. Keys are case-sensitive.
template <class Config>
struct Option : Row {
  std::string_view type;

  /// From a file. `suffix` is suffix(key), empty but for families.
  Result<void> (*parse)(Config&, std::string_view suffix, std::string_view text);
  /// From `set` and `add`; errors name the key as Circus does.
  Result<void> (*take)(Config&, std::string_view key, std::string_view suffix, const Value&);
  /// Appends what the option is now; a family appends a member for each of its keys.
  void (*show)(const Config&, std::string_view row, Value& object);
  /// Keys and texts that parse reads back; a family has one for each of its keys.
  KeysAndTexts (*print)(const Config&, std::string_view row);
  /// A word of the command line as the value that `set` sends; text as it is if it is not of this type.
  Value (*convert)(std::string_view text);

  bool matches(std::string_view key) const {
    if (!is_family()) return key == name;
    return key.size() >= name.size() && key.starts_with(name.substr(0, name.size() - 1));
  }
  /// What stands for the `*` in a key of this family.
  std::string_view suffix(std::string_view key) const {
    return is_family() ? key.substr(name.size() - 1) : std::string_view();
  }
};

using WatcherOption = Option<WatcherConfig>;
using ArbiterOption = Option<ArbiterConfig>;
using SocketOption = Option<SocketConfig>;

/// The rows, each table sorted by name.
std::span<const WatcherOption> watcher_options();
std::span<const ArbiterOption> arbiter_options();
std::span<const SocketOption> socket_options();

/// The row of a key, of a family too; nullptr: no such option.
const WatcherOption* find_watcher_option(std::string_view key);
const ArbiterOption* find_arbiter_option(std::string_view key);
const SocketOption* find_socket_option(std::string_view key);

}  // namespace troupe::conf
