#include "lib/conf/loading.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/conf/names.h"

namespace troupe::conf {

namespace {

/// All keys that stand in watcher sections, families spelled out where their keys are known.
std::vector<std::string> known_watcher_keys() {
  std::vector<std::string> keys;
  for (const WatcherOption& row : watcher_options()) {
    if (!row.where.file) continue;
    const std::string prefix(row.name.substr(0, row.name.size() - 1));
    const auto suffixes = row.name == "rlimit_*"  ? rlimit_names()
                          : row.name == "hooks.*" ? hook_names()
                                                  : std::span<const std::string_view>();
    if (!row.is_family()) keys.emplace_back(row.name);
    for (std::string_view suffix : suffixes) keys.push_back(prefix + std::string(suffix));
    if (row.is_family() && suffixes.empty()) {
      keys.push_back(prefix + "class");
      keys.push_back(prefix + "filename");
    }
  }
  return keys;
}

}  // namespace

bool Loaded::has_errors() const {
  return std::any_of(problems.begin(), problems.end(),
                     [](const Problem& problem) { return problem.severity == Severity::error; });
}

void Loading::tolerated(const Origin& origin, std::string text) {
  if (is_circus()) {
    report_.warning(origin, std::move(text));
  } else {
    report_.error(origin, std::move(text));
  }
}

void Loading::spoiled(WatcherConfig& watcher, const Origin& origin, std::string text) {
  if (!is_circus()) return report_.error(origin, std::move(text));
  if (watcher.error.empty()) watcher.error = text;
  report_.warning(origin, text + "; the watcher is left out");
}

std::vector<const IniEntry*> Loading::entries_of(const IniSection& section) const {
  std::vector<const IniEntry*> entries;
  for (const IniEntry& entry : section.entries) entries.push_back(&entry);
  if (const IniSection* defaults = document_.find(defaults_section)) {
    for (const IniEntry& entry : defaults->entries) {
      if (!section.find(entry.key)) entries.push_back(&entry);
    }
  }
  return entries;
}

bool Loading::is_default(const IniEntry& entry) const {
  const IniSection* defaults = document_.find(defaults_section);
  return defaults && defaults->find(entry.key) == &entry;
}

const IniEntry* Loading::find_entry(const IniSection& section, std::string_view key) const {
  const IniSection* defaults = document_.find(defaults_section);
  const IniEntry* entry = section.find(key);
  return entry || !defaults ? entry : defaults->find(key);
}

Origin Loading::origin_of(const IniSection& section, std::string_view key) const {
  const IniEntry* entry = find_entry(section, key);
  return entry ? entry->origin : section.origin;
}

void Loading::check_user(const Origin& origin, std::string_view key, const std::optional<std::string>& name) {
  check_account(environment_.check_user, origin, key, name);
}

void Loading::check_group(const Origin& origin, std::string_view key,
                          const std::optional<std::string>& name) {
  check_account(environment_.check_group, origin, key, name);
}

void Loading::check_account(AccountCheck check, const Origin& origin, std::string_view key,
                            const std::optional<std::string>& name) {
  if (!check || !name) return;
  const auto [at, is_new] = accounts_.try_emplace({check, *name});
  if (is_new) at->second = check(*name);
  if (at->second) return;
  const std::string text = std::string(key) + ": " + at->second.error().text;
  if (at->second.error().code == Code::not_found) {
    tolerated(origin, text);
  } else {
    noted(origin, text);
  }
}

std::string Loading::missing_folder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return "";
  const std::string folder = path.substr(0, slash);
  const auto there = files_.check_folder(folder);
  return there ? "" : "folder " + shown(folder) + ": " + there.error().text;
}

const std::string& Loading::watcher_hint(const std::string& key) {
  const auto [at, is_new] = hints_.try_emplace(key);
  if (is_new) {
    const auto keys = known_watcher_keys();
    at->second = did_you_mean(key, {keys.begin(), keys.end()});
  }
  return at->second;
}

SectionName split_section(std::string_view section) {
  const auto colon = section.find(':');
  if (colon == std::string_view::npos) return {section, {}, false};
  return {section.substr(0, colon), section.substr(colon + 1), true};
}

}  // namespace troupe::conf
