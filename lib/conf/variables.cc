#include "lib/conf/variables.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/conf/option_set.h"
#include "lib/conf/python_text.h"

namespace troupe::conf {

namespace {

constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
constexpr std::string_view dollar_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/// A variable at the start of a text: how long it is, and its name in lower case without the prefix.
struct Found {
  std::size_t size = 0;
  std::string name;
};

std::optional<Found> read_variable(std::string_view text) {
  const bool is_double = text.starts_with("((");
  if (!is_double && !text.starts_with("$(")) return std::nullopt;
  const std::string_view end = is_double ? "))" : ")";
  const auto size = std::min(text.find_first_not_of(name_characters, 2), text.size());
  if (!text.substr(size).starts_with(end)) return std::nullopt;
  std::string name = to_lower(text.substr(2, size - 2));
  for (std::string_view prefix : {"circus.", "troupe."}) {
    if (name.starts_with(prefix)) return Found{size + end.size(), name.substr(prefix.size())};
  }
  return std::nullopt;
}

std::optional<std::string> find_in(const Variables& variables, std::string_view lower_name) {
  std::string upper(lower_name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (const auto at = variables.find(upper); at != variables.end()) return at->second;
  for (const auto& [name, value] : variables) {
    if (equal_ignoring_case(name, lower_name)) return value;
  }
  return std::nullopt;
}

constexpr std::string_view env_prefix = "env.";
constexpr std::string_view rlimits_prefix = "rlimits.";

}  // namespace

std::string expand(std::string_view text, const Lookup& lookup) {
  std::string result;
  while (!text.empty()) {
    const auto start = std::min(text.find_first_of("$("), text.size());
    result += text.substr(0, start);
    text.remove_prefix(start);
    if (text.empty()) break;
    const auto found = read_variable(text);
    const auto value = found ? lookup.find(found->name) : std::nullopt;
    if (value) result += *value;
    const std::size_t size = found ? found->size : 1;
    if (!value) result += text.substr(0, size);
    text.remove_prefix(size);
  }
  return result;
}

std::optional<std::string> find_unclosed(std::string_view text) {
  const std::string lower = to_lower(text);
  for (std::string_view begin : {"$(circus.", "$(troupe.", "((circus.", "((troupe."}) {
    for (auto at = lower.find(begin); at != lower.npos; at = lower.find(begin, at + 1)) {
      if (read_variable(text.substr(at))) continue;
      const auto end = std::min(text.find_first_not_of(name_characters, at + 2), text.size());
      return std::string(text.substr(at, end - at));
    }
  }
  return std::nullopt;
}

std::optional<std::string> EnvLookup::find(std::string_view name) const {
  if (!name.starts_with(env_prefix)) return std::nullopt;
  name.remove_prefix(env_prefix.size());
  for (const Variables* layer : layers_) {
    if (auto value = find_in(*layer, name)) return value;
  }
  return std::nullopt;
}

SpawnVariables::SpawnVariables(const WatcherConfig& config, int wid, const Variables& inherited,
                               const SocketNumbers* sockets)
    : config_(config),
      wid_(wid),
      env_(config.copy_env ? std::vector{&config.env, &inherited} : std::vector{&config.env}),
      sockets_(sockets) {}

std::optional<std::string> SpawnVariables::find(std::string_view name) const {
  if (name == "wid") return std::to_string(wid_);
  if (name.starts_with(env_prefix)) return env_.find(name);
  if (name.starts_with(sockets_prefix)) {
    if (!sockets_) return std::nullopt;
    const auto at = sockets_->find(name.substr(sockets_prefix.size()));
    if (at == sockets_->end()) return std::nullopt;
    return std::to_string(at->second);
  }
  if (name == "use_fds") return python_str(config_.use_sockets);
  std::string key(name);
  if (name.starts_with(rlimits_prefix)) key = "rlimit_" + key.substr(rlimits_prefix.size());
  const auto* row = find_watcher_option(key);
  if (!row || !row->where.get) return std::nullopt;
  const auto value = get_option(config_, key);
  if (!value) return std::nullopt;
  if (const auto* words = value->as_array()) {
    std::string joined;
    for (const Value& word : *words) joined += (joined.empty() ? "" : " ") + python_str(word);
    return joined;
  }
  return python_str(*value);
}

std::string expand_dollars(std::string_view text, const Variables& environment) {
  std::string result;
  for (;;) {
    const auto dollar = std::min(text.find('$'), text.size());
    result += text.substr(0, dollar);
    if (dollar == text.size()) break;
    text.remove_prefix(dollar + 1);
    const auto size = std::min(text.find_first_not_of(dollar_characters), text.size());
    const auto at = environment.find(std::string(text.substr(0, size)));
    if (size == 0) result += '$';
    if (at != environment.end()) result += at->second;
    text.remove_prefix(size);
  }
  return std::string(trim(result));
}

}  // namespace troupe::conf
