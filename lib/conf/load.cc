#include "lib/conf/load.h"

#include <algorithm>
#include <array>

#include "lib/conf/loading.h"

namespace troupe::conf {

namespace {

/// Kinds of sections; those with a name are written `[kind:name]`.
constexpr std::array<std::string_view, 4> plain_sections = {"circus", "troupe", "env", defaults_section};
constexpr std::array<std::string_view, 4> named_sections = {"watcher", "plugin", "socket", "env"};

bool is_known(const SectionName& parts) {
  const auto& kinds = parts.has_colon ? named_sections : plain_sections;
  return std::find(kinds.begin(), kinds.end(), parts.kind) != kinds.end();
}

std::string hint(const SectionName& parts) {
  const auto& kinds = parts.has_colon ? named_sections : plain_sections;
  return did_you_mean(parts.kind, {kinds.begin(), kinds.end()});
}

/// Sorts places first: a thousand large structs are moved once each.
void sort_by_name(std::vector<WatcherConfig>& watchers) {
  std::vector<WatcherConfig*> order;
  for (WatcherConfig& watcher : watchers) order.push_back(&watcher);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  std::vector<WatcherConfig> sorted;
  sorted.reserve(watchers.size());
  for (WatcherConfig* watcher : order) sorted.push_back(std::move(*watcher));
  watchers = std::move(sorted);
}

}  // namespace

void check_sections(Loading& loading) {
  for (const IniSection& section : loading.document().sections()) {
    const SectionName parts = split_section(section.name);
    if (parts.kind == "env" && parts.has_colon) loading.envs.push_back(&section);
    if (is_known(parts)) continue;
    loading.tolerated(section.origin, "unknown section " + shown(section.name) + hint(parts));
  }
}

Loaded load(const std::string& path, FileSource& files, const Environment& environment, bool strict) {
  Loading loading(files, environment, strict);
  read_files(loading, path);
  if (!loading.document().sections().empty()) {
    check_sections(loading);
    load_shared_env(loading);
    load_arbiter(loading);
    load_sockets(loading);
    load_watchers(loading);
    check_env_patterns(loading);
    load_plugins(loading);
    load_stats(loading);
  }
  sort_by_name(loading.config().watchers);
  return {std::move(loading.config()), loading.report().take()};
}

}  // namespace troupe::conf
