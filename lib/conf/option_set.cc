#include "lib/conf/option_set.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/base/words.h"
#include "lib/conf/names.h"
#include "lib/conf/stream_options.h"

namespace troupe::conf {

namespace {

constexpr std::string_view secret_words[] = {"password", "passwd", "secret",     "token",
                                             "api_key",  "apikey", "credential", "private_key"};
constexpr std::string_view mask = "***";

bool is_shown(std::string_view key) {
  const auto* row = find_watcher_option(key);
  return row && row->where.get;
}

template <class Config>
Value show_all(const Config& config, std::span<const Option<Config>> rows) {
  Value object = Value::object();
  for (const auto& row : rows) {
    if (row.where.get) row.show(config, row.name, object);
  }
  return object;
}

template <class Config>
std::optional<Value> show_one(const Config& config, const Option<Config>* row, std::string_view key) {
  if (!row || !row->where.get) return std::nullopt;
  Value object = Value::object();
  row->show(config, row->name, object);
  const Value* shown = object.find(key);
  return shown ? std::optional(*shown) : std::nullopt;
}

struct StreamOfWatcher {
  std::string_view name;
  StreamConfig WatcherConfig::*field;

  /// Of the key that names it as a whole, or of one of its options.
  bool is_of(std::string_view key) const {
    return key == name || (key.starts_with(name) && key[name.size()] == '.');
  }
};

constexpr StreamOfWatcher streams[] = {{"stdout_stream", &WatcherConfig::stdout_stream},
                                       {"stderr_stream", &WatcherConfig::stderr_stream}};

/// The part of a stream that a request gives is good whatever class the stream has, so that it is good too
/// when its class becomes another.
Result<void> check_given(const StreamConfig& stream, std::string_view key, std::string_view of) {
  for (const auto& [option, text] : stream.options) {
    if (key != of && key.substr(of.size() + 1) != option) continue;
    if (const auto good = check_stream_option(option, text); !good) return good.error();
  }
  return {};
}

/// What a request says of a stream. One that could not be opened is refused as Circus does, which tries it;
/// how it is when all of the request is taken decides, and not the order of the keys.
Result<void> check_stream(const WatcherConfig& config, const StreamOfWatcher& stream,
                          const Value::Object& options) {
  const StreamConfig& now = config.*stream.field;
  Result<void> good;
  bool is_meant = false;
  for (const Member& member : options) {
    if (!stream.is_of(member.key)) continue;
    is_meant = true;
    if (good) good = check_given(now, member.key, stream.name);
  }
  if (!is_meant || !now.is_set()) return {};
  if (good) {
    if (const auto settings = stream_settings(now); !settings) good = settings.error();
  }
  if (good) return {};
  return make_error(Code::refused, std::string(stream.name) + "." + good.error().text);
}

/// What could never be started is refused here, and not found out by a process that does not come back.
Result<void> check_changed(const WatcherConfig& config, std::string_view key) {
  if (key == "cmd" && trim(config.cmd).empty()) return make_error(Code::invalid, "'cmd' is empty");
  if (key != "cmd" && (key != "args" || config.args.is_list)) return {};
  const auto words = split_words(key == "cmd" ? config.cmd : config.args.text);
  if (words) return {};
  return make_error(Code::invalid, "'" + std::string(key) + "': " + words.error().text);
}

/// Neither a command line nor a path nor a variable can have a NUL: it would end there.
bool has_nul(const Value& value) {
  const auto in_text = [](std::string_view text) { return text.find('\0') != text.npos; };
  if (const auto* text = value.as_text()) return in_text(*text);
  if (const auto* list = value.as_array()) return std::any_of(list->begin(), list->end(), has_nul);
  const auto* object = value.as_object();
  return object && std::any_of(object->begin(), object->end(), [&](const Member& member) {
           return in_text(member.key) || has_nul(member.value);
         });
}

/// One member of a request, without what only the whole request tells.
Result<Apply> take_option(WatcherConfig& config, std::string_view key, const Value& value) {
  const auto* row = find_watcher_option(key);
  if (!row || !row->where.set) return make_error(Code::invalid, "unknown key '" + std::string(key) + "'");
  if (has_nul(value)) return make_error(Code::invalid, "'" + std::string(key) + "' has a NUL byte in it");
  WatcherConfig changed = config;
  if (const auto taken = row->take(changed, key, row->suffix(key), value); !taken) return taken.error();
  if (const auto good = check_changed(changed, key); !good) return good.error();
  config = std::move(changed);
  return row->apply;
}

}  // namespace

Result<Apply> set_option(WatcherConfig& config, std::string_view key, const Value& value) {
  return set_options(config, Value::object().set(std::string(key), value));
}

Result<Apply> set_options(WatcherConfig& config, const Value& options) {
  const auto* object = options.as_object();
  if (!object) return make_error(Code::invalid, "'options' property should be an object");
  WatcherConfig changed = config;
  Apply strongest = Apply::live;
  for (const Member& member : *object) {
    const auto apply = take_option(changed, member.key, member.value);
    if (!apply) return apply.error();
    strongest = std::max(strongest, *apply);
  }
  const bool is_of_number = options.find("numprocesses") || options.find("singleton");
  if (is_of_number && changed.singleton && changed.numprocesses > 1) {
    return make_error(Code::refused, "Singleton watcher has a single process");
  }
  strongest = std::max(strongest, apply_of_streams(config, changed));
  for (const StreamOfWatcher& stream : streams) {
    if (const auto good = check_stream(changed, stream, *object); !good) return good.error();
  }
  config = std::move(changed);
  return strongest;
}

Result<WatcherConfig> make_added_watcher(std::string_view name, std::string_view cmd, const Value& args,
                                         const Value& options) {
  WatcherConfig config;
  if (!options.is_null()) {
    if (const auto set = set_options(config, options); !set) return set.error();
  }
  config.name = name;
  if (const auto named = check_name(name); !named) return named.error();
  if (const auto set = set_option(config, "cmd", cmd); !set) return set.error();
  if (!args.is_null()) {
    if (const auto set = set_option(config, "args", args); !set) return set.error();
  }
  if (const auto checked = check_watcher(config); !checked) return checked.error();
  return config;
}

Result<void> check_watcher(const WatcherConfig& config) {
  if (config.singleton && config.numprocesses > 1) {
    return make_error(Code::refused, "Cannot have " + std::to_string(config.numprocesses) +
                                         " processes with a singleton watcher");
  }
  if (config.copy_path && !config.copy_env)
    return make_error(Code::refused, "copy_env and copy_path must have the same value");
  if (config.virtualenv && !config.copy_env)
    return make_error(Code::refused, "copy_env must be true to use virtualenv");
  return {};
}

Apply apply_of_streams(const WatcherConfig& before, const WatcherConfig& after) {
  const bool same = std::all_of(std::begin(streams), std::end(streams), [&](const StreamOfWatcher& stream) {
    return (before.*stream.field).is_set() == (after.*stream.field).is_set();
  });
  return same ? Apply::live : Apply::respawn;
}

std::optional<Value> get_option(const WatcherConfig& config, std::string_view key) {
  if (auto value = show_one(config, find_watcher_option(key), key)) return value;
  for (const auto& [free, text] : config.free) {
    if (free == key) return Value(text);
  }
  return std::nullopt;
}

Value all_options(const WatcherConfig& config) {
  Value all = show_all(config, watcher_options());
  for (const auto& [key, text] : config.free) {
    if (!is_shown(key)) all.append(key, text);
  }
  mask_secrets(all);
  auto& object = *all.as_object();
  const auto by_key = [](const Member& a, const Member& b) { return a.key < b.key; };
  if (!std::is_sorted(object.begin(), object.end(), by_key)) {
    std::stable_sort(object.begin(), object.end(), by_key);
  }
  return all;
}

std::optional<Value> get_option(const ArbiterConfig& config, std::string_view key) {
  return show_one(config, find_arbiter_option(key), key);
}

Value all_options(const ArbiterConfig& config) {
  return show_all(config, arbiter_options());
}

std::string option_text(const ArbiterConfig& config, std::string_view key) {
  const auto* row = find_arbiter_option(key);
  const KeysAndTexts texts = row ? row->print(config, row->name) : KeysAndTexts{};
  return texts.empty() ? std::string() : texts.front().second;
}

std::vector<std::string_view> changed_options(const ArbiterConfig& before, const ArbiterConfig& after) {
  std::vector<std::string_view> changed;
  for (const auto& row : arbiter_options()) {
    const bool same = row.print(before, row.name) == row.print(after, row.name);
    if (row.apply == Apply::fixed && !same) changed.push_back(row.name);
  }
  return changed;
}

bool is_secret(std::string_view key) {
  const std::string lower = to_lower(key);
  return std::any_of(std::begin(secret_words), std::end(secret_words),
                     [&lower](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::string masked_command(const std::string& command) {
  const auto words = split_words(command);
  if (!words) return command;  // it is an error, and told as one
  std::string masked;
  bool hide = false, changed = false;
  for (const std::string& word : *words) {
    const bool is_option = word.starts_with('-');
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    std::string shown = word;
    if (name.find(' ') != name.npos) {
      shown = masked_command(word);  // as in sh -c "..."
    } else if (is_secret(name) && equals != word.npos && equals + 1 < word.size()) {
      shown = name + "=" + std::string(mask);
    }
    if (hide && !is_option) shown = mask;
    hide = is_option && equals == word.npos && is_secret(word);
    changed = changed || shown != word;
    if (!masked.empty()) masked += ' ';
    masked += shown.ends_with(mask) && shown.find(' ') == shown.npos ? shown : quote_word(shown);
  }
  return changed ? masked : command;
}

void mask_secrets(Value& value) {
  auto* object = value.as_object();
  if (!object) return;
  for (Member& member : *object) {
    const auto* text = member.value.as_text();
    if (member.value.as_object()) {
      mask_secrets(member.value);
    } else if (text && !text->empty() && is_secret(member.key)) {
      member.value = mask;
    }
  }
}

}  // namespace troupe::conf
