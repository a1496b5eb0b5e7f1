#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/value.h"
#include "lib/conf/option.h"

namespace troupe::conf {

/// One key of `set` or `add`. Errors are Circus's: Code::invalid (`unknown key 'nope'`, `'shell' isn't a
/// valid boolean`), Code::refused (a singleton with several processes); the config is then unchanged.
Result<Apply> set_option(WatcherConfig& config, std::string_view key, const Value& value);

/// All members of the `options` object of `set`, or nothing of it. The strongest Apply of its keys;
/// Apply::live for an empty one. Error besides those of set_option: `'options' property should be an object`.
Result<Apply> set_options(WatcherConfig& config, const Value& options);

/// What the command `add` makes: the defaults, `cmd`, `args` (null: none) and `options` (null: none), checked
/// as a whole.
Result<WatcherConfig> make_added_watcher(std::string_view name, std::string_view cmd, const Value& args,
                                         const Value& options);

/// What a change of the streams asks for: an output that was not captured, or is no more, has other
/// descriptors, which only new processes get. Circus: `set` reloads if there was no stream.
Apply apply_of_streams(const WatcherConfig& before, const WatcherConfig& after);

/// The rules about several options at once, such as the number of processes of a singleton. Code::refused.
Result<void> check_watcher(const WatcherConfig& config);

/// One key of `get`: an option or a free option of the section. Nothing: there is no such option.
std::optional<Value> get_option(const WatcherConfig& config, std::string_view key);

/// What `options` shows: every option and free option, sorted by key, secrets masked as `***`.
Value all_options(const WatcherConfig& config);

/// `globaloptions`.
std::optional<Value> get_option(const ArbiterConfig& config, std::string_view key);
Value all_options(const ArbiterConfig& config);

/// The names of the options that differ and that count only from a new start of the daemon (Apply::fixed).
std::vector<std::string_view> changed_options(const ArbiterConfig& before, const ArbiterConfig& after);
/// One option as the file would say it; empty when it is not set.
std::string option_text(const ArbiterConfig& config, std::string_view key);

/// Whether a key or variable of this name holds what nobody should read in a log: it has `password`,
/// `passwd`, `secret`, `token`, `api_key`, `apikey`, `credential` or `private_key` in it, in any case.
bool is_secret(std::string_view key);

/// A command line with `***` in place of the values of secret options and variables: `--password=X`,
/// `--token X`, `DB_PASSWORD=X`, also inside a quoted word (`sh -c "..."`).
std::string masked_command(const std::string& command);

/// Puts `***` in the place of every text that stands under a secret key in the object, also one level down.
void mask_secrets(Value& object);

}  // namespace troupe::conf
