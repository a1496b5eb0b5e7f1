#include "lib/conf/kinds.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "lib/base/signal_name.h"
#include "lib/base/text.h"
#include "lib/base/words.h"
#include "lib/conf/problem.h"
#include "lib/conf/units.h"

namespace troupe::conf {

namespace {

Error invalid(std::string text) {
  return make_error(Code::invalid, std::move(text));
}

/// Circus's reason for a value of a wrong type: `'numprocesses' isn't an integer`.
Error wrong(std::string_view key, std::string_view what) {
  return invalid("'" + std::string(key) + "' isn't " + std::string(what));
}

std::optional<double> number_of(const Value& value) {
  if (const auto* integer = value.as_int()) return static_cast<double>(*integer);
  if (const auto* number = value.as_double()) return *number;
  return std::nullopt;
}

/// Out of the range of times, a number becomes the nearest time.
Duration bounded_duration(double seconds) {
  return from_seconds(std::clamp(seconds, 0.0, to_seconds(longest_duration)));
}

template <class T>
Result<void> store(T& field, const Result<T>& parsed) {
  if (!parsed) return parsed.error();
  field = *parsed;
  return {};
}

}  // namespace

Result<void> TextKind::parse(std::string& field, std::string_view text) {
  field = text;
  return {};
}

Result<void> TextKind::take(std::string& field, std::string_view key, const Value& value) {
  const auto* text = value.as_text();
  if (!text) return wrong(key, "a string");
  field = *text;
  return {};
}

Result<void> OptionalTextKind::parse(Field& field, std::string_view text) {
  field = text.empty() ? Field() : Field(text);
  return {};
}

Result<void> OptionalTextKind::take(Field& field, std::string_view key, const Value& value) {
  const auto* text = value.as_text();
  if (!text && !value.is_null()) return wrong(key, "a string");
  return parse(field, text ? std::string_view(*text) : std::string_view());
}

Result<void> FlagKind::parse(bool& field, std::string_view text) {
  const auto flag = parse_bool(text);
  if (!flag) return invalid(shown(text) + " is not a boolean: yes, true, on, 1, no, false, off, 0");
  field = *flag;
  return {};
}

Result<void> FlagKind::take(bool& field, std::string_view key, const Value& value) {
  const auto* flag = value.as_bool();
  if (!flag) return wrong(key, "a valid boolean");
  field = *flag;
  return {};
}

Value FlagKind::convert(std::string_view text) {
  const auto flag = parse_bool(text);
  return flag ? Value(*flag) : Value(text);
}

Result<void> AnyIntegerKind::parse_from(int& field, std::string_view text, int least, int most) {
  const auto number = parse_int(text);
  if (!number) return invalid(shown(text) + " is not an integer");
  field = static_cast<int>(std::clamp<std::int64_t>(*number, least, most));
  if (*number < least) return make_error(Code::limit, shown(text) + " is below " + std::to_string(least));
  if (*number > most) return make_error(Code::limit, shown(text) + " is above " + std::to_string(most));
  return {};
}

Result<void> AnyIntegerKind::take_from(int& field, std::string_view key, const Value& value, int least,
                                       int most) {
  const auto* number = value.as_int();
  if (!number) return wrong(key, "an integer");
  if (*number > most) return wrong(key, "an integer of at most " + std::to_string(most));
  // Circus takes `set NAME numprocesses -1` for 0, and so do its clients.
  field = static_cast<int>(std::max<std::int64_t>(*number, least));
  return {};
}

Value AnyIntegerKind::convert(std::string_view text) {
  const auto number = parse_int(text);
  return number ? Value(*number) : Value(text);
}

Result<void> SecondsKind::parse(Duration& field, std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    if (duration.error().code == Code::limit) {
      field = trim(text).starts_with('-') ? Duration::zero() : longest_duration;
    }
    return duration.error();
  }
  field = *duration;
  return {};
}

Result<void> SecondsKind::take(Duration& field, std::string_view key, const Value& value) {
  const auto number = number_of(value);
  if (!number || !std::isfinite(*number)) return wrong(key, "a number");
  if (*number < 0) return make_error(Code::invalid, "'" + std::string(key) + "' is negative");
  field = bounded_duration(*number);
  return {};
}

std::string SecondsKind::print(Duration field) {
  return duration_text(field);
}

Value SecondsKind::convert(std::string_view text) {
  const auto duration = parse_duration(text);
  if (duration) return to_seconds(*duration);
  const auto number = parse_double(text);  // out of range: the daemon says so, and not that it is no number
  return number ? Value(*number) : Value(text);
}

Value PlainSecondsKind::show(Duration field) {
  if (field % 1s == Duration::zero()) return field / 1s;
  return to_seconds(field);
}

Result<void> WholeSecondsKind::take(Duration& field, std::string_view key, const Value& value) {
  if (!value.as_int()) return wrong(key, "an integer");
  return SecondsKind::take(field, key, value);
}

Value WholeSecondsKind::convert(std::string_view text) {
  const auto duration = parse_duration(text);
  if (duration && *duration % 1s == Duration::zero()) return *duration / 1s;
  const auto number = parse_int(text);
  return number ? Value(*number) : Value(text);
}

Result<void> NumberKind::parse(double& field, std::string_view text) {
  if (const auto number = parse_double(text)) {
    field = *number;
    return {};
  }
  const auto duration = parse_duration(text);
  if (!duration) return duration.error();
  field = to_seconds(*duration);
  return {};
}

Result<void> NumberKind::take(double& field, std::string_view key, const Value& value) {
  const auto number = number_of(value);
  if (!number) return wrong(key, "a number");
  field = *number;
  return {};
}

std::string NumberKind::print(double field) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, field).ptr};
}

Result<void> SignalKind::parse(int& field, std::string_view text) {
  const auto number = parse_signal(text);
  if (!number) return invalid(shown(text) + " is not a signal");
  if (*number < 1 || *number > 64)
    return make_error(Code::limit, shown(text) + " is no signal of this system");
  field = *number;
  return {};
}

Result<void> SignalKind::take(int& field, std::string_view key, const Value& value) {
  const auto* number = value.as_int();
  if (!number) return wrong(key, "an integer");
  if (*number < 1 || *number > 64) return wrong(key, "a signal of this system");
  field = static_cast<int>(*number);
  return {};
}

std::string SignalKind::print(int field) {
  const std::string name = signal_name(field);
  return name.starts_with("SIG") ? name.substr(3) : name;
}

Value SignalKind::convert(std::string_view text) {
  const auto number = parse_signal(text);
  return number ? Value(*number) : Value(text);
}

Result<void> OctalKind::parse(Field& field, std::string_view text) {
  field.reset();
  if (text.empty()) return {};
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 8);
  if (error != std::errc() || end != text.data() + text.size() || bits < 0 || bits > 0777) {
    return invalid(shown(text) + " is not an octal mode such as 022");
  }
  field = bits;
  return {};
}

Result<void> OctalKind::take(Field& field, std::string_view key, const Value& value) {
  if (value.is_null()) {
    field.reset();
    return {};
  }
  const auto* text = value.as_text();
  if (!text || !parse(field, *text)) return wrong(key, "octal text such as \"022\"");
  return {};
}

std::string OctalKind::print(const Field& field) {
  if (!field) return "";
  char buffer[16];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, *field, 8).ptr;
  const std::string digits(buffer, end);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

Result<void> UserKind::take(Field& field, std::string_view key, const Value& value) {
  if (const auto* number = value.as_int()) {
    field = std::to_string(*number);
    return {};
  }
  if (!value.as_text() && !value.is_null()) return wrong(key, "an integer or string");
  return OptionalTextKind::take(field, key, value);
}

Value UserKind::show(const Field& field) {
  const auto number = field ? parse_int(*field) : std::nullopt;
  return number ? Value(*number) : OptionalTextKind::show(field);
}

Result<void> ArgsKind::parse(ArgsOption& field, std::string_view text) {
  field = {std::string(text), {}, false};
  return {};
}

Result<void> ArgsKind::take(ArgsOption& field, std::string_view key, const Value& value) {
  if (value.is_null()) return parse(field, "");
  if (const auto* text = value.as_text()) return parse(field, *text);
  const auto* list = value.as_array();
  if (!list) return wrong(key, "a string or a list of strings");
  ArgsOption taken{{}, {}, true};
  for (const Value& word : *list) {
    if (!word.as_text()) return wrong(key, "a string or a list of strings");
    taken.words.push_back(*word.as_text());
  }
  field = std::move(taken);
  return {};
}

Value ArgsKind::show(const ArgsOption& field) {
  if (!field.is_list) return field.text;
  Value list = Value::array();
  for (const std::string& word : field.words) list.push(word);
  return list;
}

std::string ArgsKind::print(const ArgsOption& field) {
  if (!field.is_list) return field.text;
  std::vector<std::string> words;
  for (const std::string& word : field.words) words.push_back(quote_word(word));
  return join(words, " ");
}

Result<void> BytesKind::parse(std::int64_t& field, std::string_view text) {
  return store(field, parse_bytes(text));
}

Result<void> BytesKind::take(std::int64_t& field, std::string_view key, const Value& value) {
  const auto* number = value.as_int();
  if (!number || *number < 0) return wrong(key, "an integer");
  field = *number;
  return {};
}

std::string BytesKind::print(std::int64_t field) {
  return bytes_text(field);
}

Value BytesKind::convert(std::string_view text) {
  const auto bytes = parse_bytes(text);
  return bytes ? Value(*bytes) : Value(text);
}

}  // namespace troupe::conf
