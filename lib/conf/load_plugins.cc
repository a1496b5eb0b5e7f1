#include <algorithm>

#include "lib/base/text.h"
#include "lib/conf/builtin_plugins.h"
#include "lib/conf/loading.h"
#include "lib/conf/names.h"

namespace troupe::conf {

namespace {

/// What a plugin's watcher is before its section is read; Circus's values.
WatcherConfig plugin_watcher(const IniSection& section, std::string_view name, const ArbiterConfig& arbiter) {
  WatcherConfig watcher;
  watcher.name = "plugin:" + std::string(name);
  watcher.origin = section.origin;
  watcher.singleton = true;
  watcher.priority = 1;
  watcher.copy_env = true;
  watcher.copy_path = true;
  watcher.close_child_stdout = !arbiter.debug;
  // What a plugin complains about must be seen; Circus hides it.
  watcher.close_child_stderr = !arbiter.debug && arbiter.dialect == Dialect::circus;
  return watcher;
}

/// A key goes to the plugin as text, and if it is an option of watchers also to the plugin's watcher. A
/// plugin may use such a name in its own way (flapping has a max_retry), so a value that the watcher does not
/// understand is no error of a Circus file.
void load_entry(Loading& loading, WatcherConfig& watcher, const IniEntry& entry) {
  const EnvLookup lookup({&loading.shared_env, &loading.environment().variables});
  const std::string value = expand(entry.value, lookup);
  if (entry.key == "use") {
    watcher.plugin = value;
    return;
  }
  watcher.free.emplace_back(entry.key, value);
  const WatcherOption* row = find_watcher_option(entry.key);
  if (!row || !row->where.file || entry.key == "name" || entry.key == "cmd") return;
  std::string note;
  if (const auto bad = parse_option(watcher, *row, entry.key, value, note)) {
    loading.tolerated(entry.origin, bad->text);
  } else if (!note.empty()) {
    loading.noted(entry.origin, note);
  }
}

/// Keys that every section of a plugin may have besides its own and those of watchers.
constexpr std::string_view common_keys[] = {"active", "loop_rate", "name", "use"};

/// Keys that nobody reads, if it is known what the plugin reads.
void check_options(Loading& loading, const IniSection& section, const BuiltinPlugin& plugin) {
  std::vector<std::string_view> keys(std::begin(common_keys), std::end(common_keys));
  for (const PluginOption& option : plugin.options) keys.push_back(option.name);
  for (const IniEntry& entry : section.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end() || find_watcher_option(entry.key))
      continue;
    std::string hint = did_you_mean(entry.key, keys);
    if (hint.empty()) hint = loading.watcher_hint(entry.key);
    loading.tolerated(entry.origin, "unknown option " + shown(entry.key) + " of the plugin " +
                                        std::string(plugin.name) + hint);
  }
}

/// `use` is a file, the name of a plugin that is built in, or a Python class, as Circus wants it. Circus dies
/// of one that it cannot import; one that is none of ours could only end again and again, so it is not run.
void check_use(Loading& loading, const IniSection& section, WatcherConfig& watcher) {
  const std::string& use = *watcher.plugin;
  const Origin origin = loading.origin_of(section, "use");
  if (use.find('/') != std::string::npos) {
    if (loading.files().glob(use).empty()) loading.fatal(origin, "use: there is no file " + shown(use));
  } else if (const BuiltinPlugin* plugin = find_builtin_plugin(use)) {
    check_options(loading, section, *plugin);
    watcher.plugin = plugin->name;
  } else if (use.find('.') != std::string::npos) {
    loading.spoiled(watcher, origin,
                    "use: " + shown(use) +
                        " is none of the plugins that are built in, and those in Python are "
                        "not run by this version");
  } else {
    std::vector<std::string_view> names;
    for (const BuiltinPlugin& row : builtin_plugins) names.push_back(row.name);
    loading.fatal(origin, "use: no plugin is named " + shown(use) + did_you_mean(use, names));
  }
}

void load_plugin(Loading& loading, const IniSection& section, std::string_view name) {
  WatcherConfig watcher = plugin_watcher(section, name, loading.config().arbiter);
  for (const IniEntry* entry : loading.entries_of(section)) load_entry(loading, watcher, *entry);
  if (!watcher.plugin || watcher.plugin->empty()) {
    return loading.fatal(section.origin, "[" + section.name + "] has no use: the plugin to run");
  }
  if (const auto named = check_name(name); !named) {
    return loading.tolerated(section.origin, named.error().text + "; the plugin is left out");
  }
  check_use(loading, section, watcher);
  loading.check_user(loading.origin_of(section, "uid"), "uid", watcher.uid);
  loading.check_group(loading.origin_of(section, "gid"), "gid", watcher.gid);
  if (watcher.singleton && watcher.numprocesses > 1) {
    loading.spoiled(watcher, section.origin, "a plugin has one process");
  }
  for (const auto& [key, value] : watcher.free) {
    if (key == "active" && parse_bool(value) == false) watcher.autostart = false;
  }
  add_watcher(loading, std::move(watcher));
}

}  // namespace

void load_plugins(Loading& loading) {
  for (const IniSection& section : loading.document().sections()) {
    const SectionName parts = split_section(section.name);
    if (parts.kind != "plugin" || !parts.has_colon) continue;
    if (trim(parts.name).empty()) {
      loading.fatal(section.origin, "a plugin without a name: write [plugin:NAME]");
    } else {
      load_plugin(loading, section, parts.name);
    }
  }
}

}  // namespace troupe::conf
