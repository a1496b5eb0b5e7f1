#include <algorithm>

#include "lib/base/glob.h"
#include "lib/base/text.h"
#include "lib/conf/loading.h"

namespace troupe::conf {

namespace {

bool matches_any(std::string_view patterns, const std::string& name) {
  for (std::string_view pattern : split(patterns, ',')) {
    if (glob_match(trim(pattern), name)) return true;
  }
  return false;
}

std::string near_watcher(const std::vector<WatcherConfig>& watchers, std::string_view pattern) {
  std::vector<std::string_view> names;
  for (const WatcherConfig& watcher : watchers) names.push_back(watcher.name);
  return did_you_mean(pattern, names);
}

}  // namespace

void load_shared_env(Loading& loading) {
  const IniSection* section = loading.document().find("env");
  if (!section) return;
  const Variables& own = loading.environment().variables;
  Variables variables;
  for (const IniEntry* entry : loading.entries_of(*section)) {
    const EnvLookup lookup({&variables, &own});
    variables[entry->key] = expand(expand_dollars(entry->value, own), lookup);
  }
  loading.shared_env = std::move(variables);
}

void check_env_patterns(Loading& loading) {
  for (const IniSection* section : loading.envs) {
    for (std::string_view word : split(split_section(section->name).name, ',')) {
      const std::string_view pattern = trim(word);
      const auto& watchers = loading.config().watchers;
      const bool is_used = std::any_of(watchers.begin(), watchers.end(), [pattern](const auto& watcher) {
        return glob_match(pattern, watcher.name);
      });
      if (is_used) continue;
      const std::string text = "[" + section->name + "]: no watcher is named " + shown(pattern);
      // A pattern may be for watchers of an include that is not always there.
      if (pattern.find_first_of("*?[") != std::string_view::npos) {
        loading.noted(section->origin, text);
      } else {
        loading.tolerated(section->origin, text + near_watcher(watchers, pattern));
      }
    }
  }
}

Variables env_of_watcher(Loading& loading, const std::string& name) {
  Variables variables = loading.shared_env;
  for (const IniSection* section : loading.envs) {
    if (!matches_any(split_section(section->name).name, name)) continue;
    for (const IniEntry* entry : loading.entries_of(*section)) {
      variables[entry->key] = expand_dollars(entry->value, loading.environment().variables);
    }
  }
  return variables;
}

}  // namespace troupe::conf
