#include "daemon/command/match.h"

#include <regex>

#include "daemon/command/call.h"
#include "lib/base/glob.h"
#include "lib/base/text.h"

namespace troupe::command {

namespace {

using Watchers = std::vector<const core::Watcher*>;

/// Lower case, but not the letter after a backslash: `\S` must not become `\s`.
std::string lower_regex(std::string_view pattern) {
  std::string lower = to_lower(pattern);
  for (std::size_t i = 1; i < pattern.size(); ++i) {
    if (pattern[i - 1] == '\\') lower[i] = pattern[i];
  }
  return lower;
}

Result<Watchers> match_regex(const core::World& world, std::string_view pattern) {
  // A pattern comes from anybody who may send commands: its cost must be bounded. Polynomial matching has no
  // exponential backtracking, and names are short.
  constexpr std::size_t longest = 512;
  if (pattern.size() > longest) return make_error(Code::limit, "the regex is longer than 512 bytes");
  try {
    const std::regex regex(lower_regex(pattern), std::regex::ECMAScript | std::regex_constants::__polynomial);
    Watchers found;
    for (const core::Watcher* watcher : world.watchers()) {
      const std::string name = to_lower(watcher->name());
      if (std::regex_search(name, regex, std::regex_constants::match_continuous)) found.push_back(watcher);
    }
    return found;
  } catch (const std::regex_error& error) {
    return make_error(Code::refused, "broken regex '" + std::string(pattern) + "': " + error.what());
  }
}

Watchers match_glob(const core::World& world, std::string_view pattern) {
  Watchers found;
  const std::string lower = to_lower(pattern);
  for (const core::Watcher* watcher : world.watchers()) {
    if (glob_match(lower, to_lower(watcher->name()))) found.push_back(watcher);
  }
  if (const core::Watcher* watcher = world.find(pattern); found.empty() && watcher) found.push_back(watcher);
  return found;
}

}  // namespace

Result<Watchers> match_watchers(const core::World& world, std::string_view name, std::string_view method) {
  Result<Watchers> found = Watchers{};
  if (method == "simple") {
    if (const core::Watcher* watcher = world.find(name)) found = Watchers{watcher};
  } else if (method == "glob") {
    found = match_glob(world, name);
  } else if (method == "regex") {
    found = match_regex(world, name);
  } else {
    return make_error(Code::invalid, "unknown match method " + std::string(method));
  }
  if (found && found->empty()) return not_found(name);
  return found;
}

}  // namespace troupe::command
