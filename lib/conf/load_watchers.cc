#include <algorithm>

#include "lib/base/text.h"
#include "lib/base/words.h"
#include "lib/conf/loading.h"
#include "lib/conf/names.h"
#include "lib/conf/option_set.h"
#include "lib/conf/stream_options.h"
#include "lib/conf/used_sockets.h"

namespace troupe::conf {

namespace {

/// Keys of `set` that Circus refuses in a file, because they need a suffix there.
bool needs_suffix(std::string_view key) {
  return key == "stdout_stream" || key == "stderr_stream";
}

std::string name_of(const IniSection& section, std::string_view from_header) {
  const IniEntry* entry = section.find("name");
  return std::string(trim(entry && !entry->value.empty() ? std::string_view(entry->value) : from_header));
}

/// The watcher's own environment counts for text only, as in Circus.
std::string expand_value(Loading& loading, const WatcherConfig& watcher, const IniEntry& entry,
                         bool is_text) {
  const Variables* inherited = &loading.environment().variables;
  if (is_text) return expand(entry.value, EnvLookup({&watcher.env, &loading.shared_env, inherited}));
  return expand(entry.value, EnvLookup({&loading.shared_env, inherited}));
}

void load_free_option(Loading& loading, WatcherConfig& watcher, const IniEntry& entry) {
  const std::string& hint = loading.watcher_hint(entry.key);
  if (!hint.empty()) loading.noted(entry.origin, shown(entry.key) + " is not an option of watchers" + hint);
  watcher.free.emplace_back(entry.key, expand_value(loading, watcher, entry, true));
}

void load_entry(Loading& loading, WatcherConfig& watcher, const IniEntry& entry) {
  const WatcherOption* row = find_watcher_option(entry.key);
  if (entry.key == "name") return;
  if (row && row->where.file) return load_watcher_option(loading, watcher, *row, entry);
  if (needs_suffix(entry.key)) {
    return loading.fatal(
        entry.origin, entry.key + " needs a suffix: " + entry.key + ".class or " + entry.key + ".filename");
  }
  load_free_option(loading, watcher, entry);
}

/// Problems of one text that will be split into words.
void check_words(Loading& loading, WatcherConfig& watcher, const IniSection& section, std::string_view key,
                 std::string_view text) {
  const auto words = split_words(text);
  if (words) return;
  const IniEntry* entry = loading.find_entry(section, key);
  const char* hint =
      entry && entry->is_cut ? ": what follows a blank and ; is a comment; leave the blank out" : "";
  loading.spoiled(watcher, loading.origin_of(section, key),
                  std::string(key) + ": " + words.error().text + hint);
}

/// One of the two streams. What only has no effect is a word; what cannot be opened spoils the watcher.
void check_stream(Loading& loading, WatcherConfig& watcher, const IniSection& section,
                  const std::string& prefix, const StreamConfig& stream) {
  if (!stream.is_set()) return;
  if (stream.class_name.empty() && !stream.options.contains("filename")) {
    loading.spoiled(watcher, watcher.origin, prefix + " has neither a class nor a filename");
  }
  const StreamClassRow* row = find_stream_class(stream.class_name);
  if (const auto made = stream_settings({stream.class_name, {}}); !made) {
    loading.spoiled(watcher, loading.origin_of(section, prefix + ".class"), prefix + "." + made.error().text);
  }
  for (const auto& [key, text] : stream.options) {
    const Origin origin = loading.origin_of(section, prefix + "." + key);
    if (!find_stream_option(key)) {
      std::vector<std::string_view> keys;
      for (const StreamOption& known : stream_options()) keys.push_back(known.name);
      loading.tolerated(origin, "unknown option " + shown(prefix + "." + key) + did_you_mean(key, keys));
    } else if (row && !row->reads(key)) {
      loading.noted(origin,
                    prefix + "." + key + " has no effect: " + std::string(row->name) + " does not read it");
    } else if (row) {
      const auto made = stream_settings({stream.class_name, {{key, text}}});
      if (!made) loading.spoiled(watcher, origin, prefix + "." + made.error().text);
    }
  }
}

bool has_socket(const Config& config, std::string_view name) {
  return std::any_of(config.sockets.begin(), config.sockets.end(),
                     [name](const SocketConfig& socket) { return equal_ignoring_case(socket.name, name); });
}

void check_sockets(Loading& loading, WatcherConfig& watcher, const IniSection& section) {
  if (watcher.stdin_socket && !has_socket(loading.config(), *watcher.stdin_socket)) {
    loading.spoiled(watcher, loading.origin_of(section, "stdin_socket"),
                    "stdin_socket: there is no [socket:" + *watcher.stdin_socket + "]");
    return;
  }
  WatcherConfig command = watcher;
  command.stdin_socket.reset();
  for (const std::string& name : used_sockets(command)) {
    const Origin origin = loading.origin_of(section, "cmd");
    if (!has_socket(loading.config(), name)) {
      loading.tolerated(origin, "circus.sockets." + name + ": there is no [socket:" + name + "]");
    } else if (!watcher.use_sockets) {
      loading.noted(origin,
                    "circus.sockets." + name + " without use_sockets: the processes do not inherit it");
    }
  }
}

/// Variables that stay as they stand: one without its end, and `$WID` of old Circus files.
void check_variables(Loading& loading, const Origin& origin, std::string_view key, std::string_view text) {
  if (const auto unclosed = find_unclosed(text)) {
    const std::string_view end = unclosed->starts_with("((") ? "))" : ")";
    loading.noted(origin, std::string(key) + ": " + shown(*unclosed) + " is not replaced; its " +
                              std::string(end) + " is missing");
  }
  if (text.find("$WID") == std::string_view::npos) return;
  loading.noted(origin, std::string(key) + ": $WID is not replaced; write $(circus.wid)");
}

/// A program that is not there fails when it is called; that is known now. A Python function is not: only the
/// Python that is to call it knows what it can import.
void check_hooks(Loading& loading, const WatcherConfig& watcher, const IniSection& section) {
  for (const auto& [name, hook] : watcher.hooks) {
    if (!hook.is_program()) continue;
    const auto runs = loading.files().check_program(hook.target);
    if (runs) continue;
    loading.tolerated(loading.origin_of(section, "hooks." + name),
                      "hooks." + name + ": " + hook.target + ": " + runs.error().text);
  }
}

/// What only the options together tell.
void check_whole(Loading& loading, WatcherConfig& watcher, const IniSection& section) {
  const auto origin_of = [&](std::string_view key) { return loading.origin_of(section, key); };
  if (trim(watcher.cmd).empty()) {
    loading.spoiled(watcher, origin_of("cmd"), "[" + section.name + "] has no cmd");
  }
  check_words(loading, watcher, section, "cmd", watcher.cmd);
  check_words(loading, watcher, section, "args", watcher.args.text);
  check_variables(loading, origin_of("cmd"), "cmd", watcher.cmd);
  check_variables(loading, origin_of("args"), "args", watcher.args.text);
  if (const auto checked = check_watcher(watcher); !checked) {
    loading.spoiled(watcher, section.origin, checked.error().text);
  }
  if (watcher.shell_args && !watcher.shell) {
    loading.noted(origin_of("shell_args"), "shell_args without shell has no effect");
  }
  loading.check_user(origin_of("uid"), "uid", watcher.uid);
  loading.check_group(origin_of("gid"), "gid", watcher.gid);
  check_sockets(loading, watcher, section);
  check_hooks(loading, watcher, section);
  check_stream(loading, watcher, section, "stdout_stream", watcher.stdout_stream);
  check_stream(loading, watcher, section, "stderr_stream", watcher.stderr_stream);
}

void load_watcher(Loading& loading, const IniSection& section, std::string_view from_header) {
  WatcherConfig watcher;
  watcher.origin = section.origin;
  watcher.name = name_of(section, from_header);
  if (watcher.name.empty()) {
    return loading.tolerated(section.origin, "a watcher without a name: write [watcher:NAME]");
  }
  if (const auto named = check_name(watcher.name); !named) {
    return loading.tolerated(loading.origin_of(section, "name"),
                             named.error().text + "; the watcher is left out");
  }
  const auto entries = loading.entries_of(section);
  if (entries.empty()) {
    return loading.tolerated(section.origin, "[" + section.name + "] is empty and left out");
  }
  watcher.env = env_of_watcher(loading, watcher.name);
  for (const IniEntry* entry : entries) load_entry(loading, watcher, *entry);
  check_whole(loading, watcher, section);
  apply_virtualenv(loading, watcher, loading.origin_of(section, "virtualenv"));
  if (!watcher.working_dir && !loading.environment().cwd.empty())
    watcher.working_dir = loading.environment().cwd;
  add_watcher(loading, std::move(watcher));
}

}  // namespace

void load_watcher_option(Loading& loading, WatcherConfig& watcher, const WatcherOption& row,
                         const IniEntry& entry) {
  std::string note;
  const std::string text = expand_value(loading, watcher, entry, row.type == "text");
  const auto bad = parse_option(watcher, row, entry.key, text, note);
  if (bad && bad->is_out_of_range) {
    loading.tolerated(entry.origin, bad->text);
  } else if (bad && row.bad_value == BadValue::leaves_out) {
    loading.spoiled(watcher, entry.origin, bad->text);
  } else if (bad) {
    loading.fatal(entry.origin, bad->text);
  } else if (!note.empty()) {
    loading.noted(entry.origin, note);
  }
}

void add_watcher(Loading& loading, WatcherConfig watcher) {
  auto& watchers = loading.config().watchers;
  const auto [at, is_new] = loading.names.try_emplace(to_lower(watcher.name), watcher.origin);
  if (!is_new) {
    return loading.tolerated(watcher.origin, "a second watcher named " + shown(watcher.name) +
                                                 " (case does not count); the first one, in " +
                                                 place(at->second) + ", counts");
  }
  const auto [other, is_alone] =
      loading.topics.try_emplace(topic_form(watcher.name), watcher.name, watcher.origin);
  if (!is_alone) {
    loading.tolerated(watcher.origin, "events of " + shown(watcher.name) +
                                          " have the same topics as those of " + shown(other->second.first) +
                                          ", in " + place(other->second.second) +
                                          ": blanks in names become _");
  }
  watchers.push_back(std::move(watcher));
}

void load_watchers(Loading& loading) {
  for (const IniSection& section : loading.document().sections()) {
    const SectionName parts = split_section(section.name);
    if (parts.kind == "watcher" && parts.has_colon) load_watcher(loading, section, parts.name);
  }
}

}  // namespace troupe::conf
