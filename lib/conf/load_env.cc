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
