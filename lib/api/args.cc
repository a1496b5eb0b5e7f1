#include "lib/api/args.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>

#include "lib/base/signal_name.h"
#include "lib/base/text.h"

namespace troupe::api {

namespace {

/// The JSON of a row's default; rows keep to the few forms that Param::fallback names.
Value literal(std::string_view json) {
  if (json == "true") return true;
  if (json == "false") return false;
  if (json == "[]") return Value::array();
  if (json == "{}") return Value::object();
  if (json.size() >= 2 && json.front() == '"') return json.substr(1, json.size() - 2);
  if (const auto integer = parse_int(json)) return *integer;
  const auto number = parse_double(json);
  assert(number && "a default that is no literal");
  return number.value_or(0);
}

using Converted = std::optional<Value>;

Converted to_integer(const Value& value) {
  if (value.as_int()) return value;
  if (const std::string* text = value.as_text()) {
    if (const auto integer = parse_int(trim(*text))) return Value(*integer);
  }
  if (const double* number = value.as_double()) {
    constexpr double bound = 9007199254740992;  // 2^53: beyond it a float is no exact integer
    if (std::trunc(*number) == *number && std::abs(*number) <= bound) {
      return Value(static_cast<std::int64_t>(*number));
    }
  }
  return {};
}

Converted to_number(const Value& value) {
  if (const std::int64_t* integer = value.as_int()) return Value(static_cast<double>(*integer));
  if (value.as_double()) return value;
  if (const std::string* text = value.as_text()) {
    if (const auto number = parse_double(trim(*text))) return Value(*number);
  }
  return {};
}

/// Circus takes whatever Python takes for true; what is clearly meant is taken here.
Converted to_boolean(const Value& value) {
  if (value.as_bool()) return value;
  if (const std::int64_t* integer = value.as_int(); integer && (*integer == 0 || *integer == 1)) {
    return Value(*integer == 1);
  }
  if (const std::string* text = value.as_text()) {
    if (const auto flag = parse_bool(trim(*text))) return Value(*flag);
  }
  return {};
}

Converted to_signal(const Value& value) {
  if (value.as_int()) return value;
  if (const std::string* text = value.as_text()) {
    if (const auto number = parse_signal(trim(*text))) return Value(*number);
  }
  return {};
}

Converted to_list(const Value& value, bool text_too) {
  if (text_too && value.as_text()) return value;
  const Value::Array* array = value.as_array();
  if (!array || !std::all_of(array->begin(), array->end(), [](const Value& v) { return v.as_text(); })) {
    return {};
  }
  return value;
}

Converted convert(Type type, const Value& value) {
  switch (type) {
    case Type::text:
    case Type::watcher:
      return value.as_text() ? Converted(value) : std::nullopt;
    case Type::integer:
      return to_integer(value);
    case Type::number:
      return to_number(value);
    case Type::boolean:
      return to_boolean(value);
    case Type::signal:
      return to_signal(value);
    case Type::list:
      return to_list(value, false);
    case Type::words:
      return to_list(value, true);
    case Type::object:
      return value.as_object() ? Converted(value) : std::nullopt;
    case Type::any:
      return value;
  }
  return {};
}

Error wrong_type(const Param& param, const Value& value) {
  const std::string name = "'" + std::string(param.name) + "'";
  const auto error = [](std::string text) { return make_error(Code::invalid, std::move(text)); };
  switch (param.type) {
    case Type::text:
    case Type::watcher:
      return error(name + " isn't a string");
    case Type::integer:
      return error(name + " isn't an integer");
    case Type::number:
      return error(name + " isn't a number");
    case Type::boolean:
      return error(name + " isn't a valid boolean");
    case Type::signal: {
      const std::string* text = value.as_text();
      return error(text ? "unknown signal '" + *text + "'" : name + " isn't a signal name or number");
    }
    case Type::list:
      return error(name + " isn't a list of strings");
    case Type::words:
      return error(name + " isn't a string or a list of strings");
    case Type::object:
      return error(name + " property should be an object");
    case Type::any:
      break;
  }
  return error(name + " is not valid");
}

bool in_range(const Param& param, const Value& value) {
  const std::int64_t* number = value.as_int();
  if (!number) return true;
  // Which signals there are is for the handler to say; what it gets is an int.
  constexpr Range ints{std::numeric_limits<int>::min(), std::numeric_limits<int>::max()};
  const Range& range = param.type == Type::signal ? ints : param.range;
  return *number >= range.least && *number <= range.most;
}

const Value null_value;
const std::string empty_text;

}  // namespace

Result<Args> bind(const Command& command, const Value& properties) {
  if (!properties.is_null() && !properties.as_object()) {
    return make_error(Code::invalid, "'properties' should be an object");
  }
  Args args(command);
  const auto take = [&](const Param& param) -> Result<void> {
    const Value* sent = properties.find(param.name);
    if (!sent || sent->is_null()) {
      if (param.required) {
        return make_error(Code::invalid, "message invalid '" + std::string(param.name) + "' is missing");
      }
      if (!param.fallback.empty()) args.bound_.push_back({param.name, literal(param.fallback), {}});
      return {};
    }
    Converted value = convert(param.type, *sent);
    if (!value) return wrong_type(param, *sent);
    if (!in_range(param, *value)) {
      return make_error(Code::invalid, "'" + std::string(param.name) + "' isn't in range");
    }
    const bool same = *value == *sent;
    args.bound_.push_back({param.name, std::move(*value), same ? Value() : *sent});
    return {};
  };
  for (const Param& param : command.params) {
    if (auto taken = take(param); !taken) return taken.error();
  }
  if (command.waiting == Waiting::possible) {
    if (auto taken = take(waiting_param); !taken) return taken.error();
  }
  return args;
}

const Args::Bound* Args::find(std::string_view name) const {
  assert(find_param(*command_, name) && "no row of that name");
  for (const Bound& bound : bound_) {
    if (bound.name == name) return &bound;
  }
  return nullptr;
}

bool Args::has(std::string_view name) const {
  return find(name) != nullptr;
}

const Value& Args::value(std::string_view name) const {
  const Bound* bound = find(name);
  return bound ? bound->value : null_value;
}

const Value& Args::sent(std::string_view name) const {
  const Bound* bound = find(name);
  if (!bound) return null_value;
  return bound->sent.is_null() ? bound->value : bound->sent;
}

const std::string& Args::text(std::string_view name) const {
  const std::string* text = value(name).as_text();
  return text ? *text : empty_text;
}

std::int64_t Args::integer(std::string_view name) const {
  const std::int64_t* integer = value(name).as_int();
  return integer ? *integer : 0;
}

double Args::number(std::string_view name) const {
  const Value& found = value(name);
  if (const double* number = found.as_double()) return *number;
  return static_cast<double>(found.as_int() ? *found.as_int() : 0);
}

bool Args::flag(std::string_view name) const {
  const bool* flag = value(name).as_bool();
  return flag && *flag;
}

std::vector<std::string> Args::list(std::string_view name) const {
  std::vector<std::string> out;
  const Value& found = value(name);
  if (const std::string* text = found.as_text()) out.push_back(*text);
  if (const Value::Array* array = found.as_array()) {
    for (const Value& element : *array) out.push_back(*element.as_text());
  }
  return out;
}

}  // namespace troupe::api
