#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/conf/ini.h"
#include "lib/conf/load.h"
#include "lib/conf/option.h"
#include "lib/conf/problem.h"
#include "lib/conf/variables.h"

/// The steps of `load`, one file each: read_files.cc, load_env.cc, load_arbiter.cc, load_sockets.cc,
/// load_watchers.cc, load_virtualenv.cc, load_plugins.cc,
/// load_stats.cc. Nobody else includes this.
namespace troupe::conf {

/// What the steps share. The four verbs give a problem the weight it has in the dialect.
class Loading {
 public:
  Loading(FileSource& files, const Environment& environment, bool strict)
      : files_(files), environment_(environment), report_(strict) {}

  FileSource& files() { return files_; }
  const Environment& environment() const { return environment_; }
  Report& report() { return report_; }
  Config& config() { return config_; }
  IniDocument& document() { return document_; }
  bool is_circus() const { return config_.arbiter.dialect == Dialect::circus; }

  /// It stops Circus too.
  void fatal(const Origin& origin, std::string text) { report_.error(origin, std::move(text)); }
  /// Circus ignores it or survives it.
  void tolerated(const Origin& origin, std::string text);
  /// Circus would leave this watcher out and start the others.
  void spoiled(WatcherConfig& watcher, const Origin& origin, std::string text);
  /// Worth a word in both dialects.
  void noted(const Origin& origin, std::string text) { report_.warning(origin, std::move(text)); }

  /// The entries of a section, then those of [DEFAULT] that it does not have itself.
  std::vector<const IniEntry*> entries_of(const IniSection& section) const;
  bool is_default(const IniEntry& entry) const;

  /// The entry of a key of a section, from [DEFAULT] perhaps; nullptr when there is none.
  const IniEntry* find_entry(const IniSection& section, std::string_view key) const;
  /// Where a key of a section stands, in [DEFAULT] perhaps; else where the section does.
  Origin origin_of(const IniSection& section, std::string_view key) const;

  /// Reports a user or group that the system does not have.
  void check_user(const Origin& origin, std::string_view key, const std::optional<std::string>& name);
  void check_group(const Origin& origin, std::string_view key, const std::optional<std::string>& name);

  /// What is wrong with the folder that the file of that path is to be in; empty: nothing.
  std::string missing_folder(const std::string& path);

  /// `; did you mean max_retry?` for a key that is nearly an option of watchers.
  const std::string& watcher_hint(const std::string& key);

  Variables shared_env;                                          ///< of the section [env]
  std::vector<const IniSection*> envs;                           ///< the sections [env:PATTERNS]
  std::map<std::string, Origin> names;                           ///< of the watchers so far, in lower case
  std::map<std::string, std::pair<std::string, Origin>> topics;  ///< topic form → name, where

 private:
  void check_account(AccountCheck check, const Origin& origin, std::string_view key,
                     const std::optional<std::string>& name);

  FileSource& files_;
  const Environment& environment_;
  Report report_;
  IniDocument document_;
  Config config_;
  std::map<std::string, std::string> hints_;
  std::map<std::pair<AccountCheck, std::string>, Result<void>> accounts_;  // each is asked for once
};

/// `[watcher:web]` in two parts; `name` is empty when there is no colon.
struct SectionName {
  std::string_view kind;
  std::string_view name;
  bool has_colon = false;
};
SectionName split_section(std::string_view section);

/// Why a value in a file is not good.
struct BadOption {
  std::string text;              ///< with the key in front
  bool is_out_of_range = false;  ///< the nearest good value was taken
};

/// Whether nobody asked for the option: it is at its default, or empty, which turns it off.
template <class Config>
bool is_unused(const Config& config, const Option<Config>& row) {
  const KeysAndTexts now = row.print(config, row.name);
  if (now.size() == 1 && now[0].second.empty()) return true;
  return now == row.print(Config(), row.name);
}

/// Parses a text into an option of a file. Nothing: it went well. `note` gets the row's `not_yet` if the
/// option was not asked for before and is now.
template <class Config>
std::optional<BadOption> parse_option(Config& config, const Option<Config>& row, const std::string& key,
                                      std::string_view text, std::string& note) {
  const bool was_unused = is_unused(config, row);
  const auto parsed = row.parse(config, row.suffix(key), text);
  if (!parsed) return BadOption{key + ": " + parsed.error().text, parsed.error().code == Code::limit};
  if (!row.not_yet.empty() && was_unused && !is_unused(config, row)) {
    note = std::string(row.plain_name()) + " " + std::string(row.not_yet);
  }
  return std::nullopt;
}

/// The steps, in this order.
void read_files(Loading& loading, const std::string& path);
void load_shared_env(Loading& loading);
void load_arbiter(Loading& loading);
void load_sockets(Loading& loading);
void load_watchers(Loading& loading);
void load_plugins(Loading& loading);
void load_stats(Loading& loading);
void check_sections(Loading& loading);

/// The variables of [env] and of the [env:PATTERNS] that match the watcher.
Variables env_of_watcher(Loading& loading, const std::string& name);

/// Reports the patterns of the [env:PATTERNS] sections that no watcher matches; after load_watchers.
void check_env_patterns(Loading& loading);

/// Puts PATH and PYTHONPATH of the watcher's `virtualenv` into its environment, if it has one.
void apply_virtualenv(Loading& loading, WatcherConfig& watcher, const Origin& origin);

/// One option of a watcher's or plugin's section, by its row.
void load_watcher_option(Loading& loading, WatcherConfig& watcher, const WatcherOption& row,
                         const IniEntry& entry);

/// Adds the watcher unless one of its name is there.
void add_watcher(Loading& loading, WatcherConfig watcher);

}  // namespace troupe::conf
