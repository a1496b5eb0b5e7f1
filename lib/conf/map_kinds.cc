#include "lib/conf/map_kinds.h"

#include "lib/base/text.h"
#include "lib/conf/names.h"
#include "lib/conf/problem.h"
#include "lib/conf/python_text.h"

namespace troupe::conf {

namespace {

Error invalid(std::string text) {
  return make_error(Code::invalid, std::move(text));
}

std::string quoted(std::string_view key) {
  return "'" + std::string(key) + "'";
}

Error unknown_name(std::string_view what, std::string_view name, std::span<const std::string_view> names) {
  return invalid("unknown " + std::string(what) + " " + shown(name) +
                 did_you_mean(name, {names.begin(), names.end()}));
}

/// `A=1,B=2` as an object; text that is none stays text.
Value pairs(std::string_view text, char sign) {
  Value object = Value::object();
  for (const std::string_view pair : split(text, ',')) {
    const auto at = pair.find(sign);
    if (at == std::string_view::npos) return text;
    object.set(trim(pair.substr(0, at)), pair.substr(at + 1));
  }
  return object;
}

/// A hook of the wire: text as in a file, or Circus's pair [path, ignore errors]; nothing if it is neither.
std::optional<HookConfig> hook_of(const Value& value) {
  std::string text;
  if (value.as_text()) {
    text = *value.as_text();
  } else {
    const auto* pair = value.as_array();
    if (!pair || pair->size() != 2) return std::nullopt;
    const auto* path = (*pair)[0].as_text();
    const auto* ignore_errors = (*pair)[1].as_bool();
    if (!path || !ignore_errors) return std::nullopt;
    text = *path + (*ignore_errors ? ",true" : "");
  }
  auto hook = parse_hook(text);
  return hook ? std::optional(*std::move(hook)) : std::nullopt;
}

}  // namespace

Result<void> RlimitFamily::parse(Field& field, std::string_view suffix, std::string_view text) {
  const std::string limit = to_lower(suffix);
  if (!is_name(rlimit_names(), limit)) return unknown_name("limit", limit, rlimit_names());
  const auto number = parse_int(text);
  if (text.empty() || equal_ignoring_case(text, "unlimited") || number == -1) {
    field[limit] = std::nullopt;
    return {};
  }
  if (!number) return invalid(shown(text) + " is not an integer, nor empty for no limit");
  if (*number < 0) return invalid(shown(text) + " is below 0");
  field[limit] = *number;
  return {};
}

Result<void> RlimitFamily::take(Field& field, std::string_view key, std::string_view suffix,
                                const Value& value) {
  const std::string limit = to_lower(suffix);
  if (!is_name(rlimit_names(), limit)) return invalid(quoted(key) + " isn't a valid rlimit setting");
  const auto* number = value.as_int();
  if (value.is_null() || (number && *number == -1)) {
    field[limit] = std::nullopt;
    return {};
  }
  if (!number || *number < 0) return invalid(python_repr(value) + " rlimit value isn't a valid int");
  field[limit] = *number;
  return {};
}

Value RlimitFamily::convert(std::string_view text) {
  if (text.empty() || equal_ignoring_case(text, "unlimited")) return {};
  const auto number = parse_int(text);
  return number ? Value(*number) : Value(text);
}

Result<void> HookFamily::parse(Field& field, std::string_view suffix, std::string_view text) {
  if (!is_name(hook_names(), suffix)) return unknown_name("hook", suffix, hook_names());
  auto hook = parse_hook(text);
  if (!hook) return hook.error();
  field[std::string(suffix)] = *std::move(hook);
  return {};
}

Result<void> HookFamily::take(Field& field, std::string_view key, std::string_view suffix,
                              const Value& value) {
  if (!is_name(hook_names(), suffix)) return invalid("Unknown hook " + quoted(suffix));
  if (value.is_null()) {
    field.erase(std::string(suffix));
    return {};
  }
  auto hook = hook_of(value);
  if (!hook) return invalid(quoted(key) + " isn't a hook: module.function or the path of a program");
  field[std::string(suffix)] = *std::move(hook);
  return {};
}

Result<void> StreamFamily::parse(Field& field, std::string_view suffix, std::string_view text) {
  if (suffix == "class") {
    field.class_name = text;
  } else {
    field.options[std::string(suffix)] = text;
  }
  return {};
}

Result<void> StreamFamily::take(Field& field, std::string_view key, std::string_view suffix,
                                const Value& value) {
  if (value.as_array() || value.as_object()) return invalid(quoted(key) + " isn't a string");
  if (!value.is_null()) return parse(field, suffix, python_str(value));
  if (suffix == "class") {
    field.class_name.clear();
  } else {
    field.options.erase(std::string(suffix));
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> StreamFamily::members(const Field& field) {
  std::vector<std::pair<std::string, std::string>> all;
  if (!field.class_name.empty()) all.emplace_back("class", field.class_name);
  all.insert(all.end(), field.options.begin(), field.options.end());
  return all;
}

Value EnvKind::show(const Field& field) {
  Value object = Value::object();
  for (const auto& [key, text] : field) object.append(key, text);
  return object;
}

Result<void> EnvKind::take(Field& field, std::string_view key, const Value& value) {
  const auto* object = value.as_object();
  if (!object) return invalid(quoted(key) + " isn't a valid object");
  TextMap taken;
  for (const Member& member : *object) {
    if (!member.value.as_text()) return invalid(quoted(member.key) + " isn't a string");
    if (member.key.empty()) return invalid(quoted(key) + " has a variable without a name");
    if (member.key.find('=') != std::string::npos) {
      return invalid(quoted(key) + " has the variable " + shown(member.key) +
                     ": there can be no = in a name");
    }
    taken[member.key] = *member.value.as_text();
  }
  field = std::move(taken);
  return {};
}

Value EnvKind::convert(std::string_view text) {
  return trim(text).empty() ? Value::object() : pairs(text, '=');
}

Value HooksKind::convert(std::string_view text) {
  return pairs(text, ':');
}

Result<void> HooksKind::take(Field& field, std::string_view, const Value& value) {
  const auto* object = value.as_object();
  if (!object) return invalid(python_repr(value) + " isn't a valid hook dict");
  Field taken;
  for (const Member& member : *object) {
    if (!is_name(hook_names(), member.key)) return invalid("Unknown hook " + python_repr(value));
    auto hook = hook_of(member.value);
    if (!hook) return invalid(python_repr(value) + " isn't a valid hook dict");
    taken[member.key] = *std::move(hook);
  }
  for (auto& [name, hook] : taken) field[name] = std::move(hook);
  return {};
}

Value HooksKind::show(const Field& field) {
  Value object = Value::object();
  for (const auto& [name, hook] : field) object.append(name, hook_text(hook));
  return object;
}

Result<void> StreamKind::take(Field& field, std::string_view key, const Value& value) {
  const auto* object = value.as_object();
  if (!object) return invalid(quoted(key) + " isn't a valid object");
  if (!value.find("class")) return invalid(quoted(key) + " must have a 'class' key");
  Field taken;
  for (const Member& member : *object) {
    if (const auto part = StreamFamily::take(taken, member.key, member.key, member.value); !part) return part;
  }
  field = std::move(taken);
  return {};
}

Value StreamKind::show(const Field& field) {
  Value object = Value::object();
  for (const auto& [key, text] : StreamFamily::members(field)) object.append(key, text);
  return object;
}

Result<void> ShownStreamKind::take(Field&, std::string_view key, const Value&) {
  return invalid("unknown key " + quoted(key));
}

}  // namespace troupe::conf
