#include "daemon/command/match.h"

#include <algorithm>
#include <regex>

#include "daemon/command/call.h"
#include "lib/base/duration.h"
#include "lib/base/glob.h"
#include "lib/base/text.h"

namespace troupe::command {

namespace {

using Watchers = std::vector<const core::Watcher*>;

// A pattern comes from anybody who may send commands, and the arbiter does nothing else while it is matched:
// what it costs is bounded for a name by its size with all repeats written out, and for all names by a clock.
constexpr std::size_t longest = 512;
constexpr std::size_t most_states = 2048;
constexpr Duration most_time = 30ms;

/// Without groups to remember. libstdc++ can be told to go through a name once, with all alternatives side by
/// side; other libraries give up by themselves (std::regex_constants::error_complexity).
constexpr std::regex::flag_type matching() {
  std::regex::flag_type flags = std::regex::ECMAScript | std::regex::nosubs;
#ifdef __GLIBCXX__
  flags |= std::regex_constants::__polynomial;
#endif
  return flags;
}

/// Lower case, but not the letter after a backslash: `\S` must not become `\s`.
std::string lower_regex(std::string_view pattern) {
  std::string lower = to_lower(pattern);
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    ++i;
    lower[i] = pattern[i];
  }
  return lower;
}

/// The larger number of `{2}`, `{2,}` or `{2,5}`, of what follows the brace; at least 1.
std::size_t repeats(std::string_view text) {
  std::size_t most = 1, number = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = std::min(most_states, number * 10 + static_cast<std::size_t>(c - '0'));
      most = std::max(most, number);
    } else if (c == ',') {
      number = 0;
      ++most;
    } else {
      break;
    }
  }
  return most;
}

/// Error: too large, or with a lookahead, which goes through the rest of the name at each letter.
Result<void> check_cost(std::string_view pattern) {
  if (pattern.size() > longest)
    return make_error(Code::limit, "the regex is longer than " + std::to_string(longest) + " bytes");
  std::size_t states = std::max<std::size_t>(1, pattern.size());
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '{') {
      states *= repeats(pattern.substr(i + 1));
      if (states > most_states) return make_error(Code::limit, "the repeats of the regex are too large");
    } else if (const auto begin = pattern.substr(i, 3); begin == "(?=" || begin == "(?!") {
      return make_error(Code::refused, "a regex with a lookahead is not taken");
    }
  }
  return {};
}

Result<Watchers> match_regex(const core::World& world, std::string_view pattern, const Clock& clock) {
  if (auto bounded = check_cost(pattern); !bounded) return bounded.error();
  const Instant begin = clock.now();
  try {
    const std::regex regex(lower_regex(pattern), matching());
    Watchers found;
    for (const core::Watcher* watcher : world.watchers()) {
      const std::string name = to_lower(watcher->name());
      if (std::regex_search(name, regex, std::regex_constants::match_continuous)) found.push_back(watcher);
      if (clock.now() - begin > most_time) {
        return make_error(Code::limit, "the regex takes too long for so many watchers");
      }
    }
    return found;
  } catch (const std::regex_error& error) {
    return make_error(Code::refused, "broken regex '" + std::string(pattern) + "': " + error.what());
  }
}

Result<Watchers> match_glob(const core::World& world, std::string_view pattern) {
  if (pattern.size() > longest)
    return make_error(Code::limit, "the pattern is longer than " + std::to_string(longest) + " bytes");
  Watchers found;
  const std::string lower = to_lower(pattern);
  for (const core::Watcher* watcher : world.watchers()) {
    if (glob_match(lower, to_lower(watcher->name()))) found.push_back(watcher);
  }
  if (const core::Watcher* watcher = world.find(pattern); found.empty() && watcher) found.push_back(watcher);
  return found;
}

}  // namespace

Result<Watchers> match_watchers(const core::World& world, std::string_view name, std::string_view method,
                                const Clock& clock) {
  Result<Watchers> found = Watchers{};
  if (method == "simple") {
    if (const core::Watcher* watcher = world.find(name)) found = Watchers{watcher};
  } else if (method == "glob") {
    found = match_glob(world, name);
  } else if (method == "regex") {
    found = match_regex(world, name, clock);
  } else {
    return make_error(Code::invalid, "unknown match method " + std::string(method));
  }
  if (found && found->empty()) return not_found(name);
  return found;
}

}  // namespace troupe::command
