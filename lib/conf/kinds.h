#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/duration.h"
#include "lib/base/result.h"
#include "lib/base/value.h"
#include "lib/conf/watcher_config.h"

/// One struct per kind of option: how its field is read from the text of a file, taken from a value of the
/// wire, shown there, and printed back as text. All have the same functions, which the rows of the option
/// tables are made of:
///
///   parse(field, text)      from a file. Code::invalid: not of this kind; Code::limit: out of range, and the
///                           field then has the nearest good value, for those who go on with a warning
///   take(field, key, value) from `set` and `add`; errors are Circus's own reasons
///   show(field)             for `get` and `options`, as Circus shows it
///   print(field)            text that parse reads back as the same
///   convert(text)           a word of troupectl's command line as the value that `set` sends
namespace troupe::conf {

/// Text that may be empty.
struct TextKind {
  static constexpr std::string_view name = "text";
  static Result<void> parse(std::string& field, std::string_view text);
  static Result<void> take(std::string& field, std::string_view key, const Value& value);
  static Value show(const std::string& field) { return field; }
  static std::string print(const std::string& field) { return field; }
  static Value convert(std::string_view text) { return text; }
};

/// Text that may be missing; empty is the same as missing.
struct OptionalTextKind {
  static constexpr std::string_view name = "text";
  using Field = std::optional<std::string>;
  static Result<void> parse(Field& field, std::string_view text);
  static Result<void> take(Field& field, std::string_view key, const Value& value);
  static Value show(const Field& field) { return field ? Value(*field) : Value(); }
  static std::string print(const Field& field) { return field.value_or(""); }
  static Value convert(std::string_view text) { return text; }
};

struct FlagKind {
  static constexpr std::string_view name = "boolean";
  static Result<void> parse(bool& field, std::string_view text);
  static Result<void> take(bool& field, std::string_view key, const Value& value);
  static Value show(bool field) { return field; }
  static std::string print(bool field) { return field ? "true" : "false"; }
  static Value convert(std::string_view text);
};

/// A whole number from `least` to `most`. On the wire a smaller one is raised to `least`, as Circus does.
struct AnyIntegerKind {
  static constexpr std::string_view name = "integer";
  static Result<void> parse_from(int& field, std::string_view text, int least, int most);
  static Result<void> take_from(int& field, std::string_view key, const Value& value, int least, int most);
  static Value show(int field) { return field; }
  static std::string print(int field) { return std::to_string(field); }
  static Value convert(std::string_view text);
};
template <int least, int most = std::numeric_limits<int>::max()>
struct IntegerKind : AnyIntegerKind {
  static Result<void> parse(int& field, std::string_view text) {
    return parse_from(field, text, least, most);
  }
  static Result<void> take(int& field, std::string_view key, const Value& value) {
    return take_from(field, key, value, least, most);
  }
};

/// A time. Circus shows some of its times as a float always, some as an integer when they are whole; some
/// only take an integer from the wire.
struct SecondsKind {
  static constexpr std::string_view name = "seconds";
  static Result<void> parse(Duration& field, std::string_view text);
  static Result<void> take(Duration& field, std::string_view key, const Value& value);
  static Value show(Duration field) { return to_seconds(field); }
  static std::string print(Duration field);
  static Value convert(std::string_view text);
};
struct PlainSecondsKind : SecondsKind {
  static Value show(Duration field);
};
struct WholeSecondsKind : PlainSecondsKind {
  static Result<void> take(Duration& field, std::string_view key, const Value& value);
  static Value convert(std::string_view text);
};

/// A time that is kept as the number that was given.
struct NumberKind {
  static constexpr std::string_view name = "seconds";
  static Result<void> parse(double& field, std::string_view text);
  static Result<void> take(double& field, std::string_view key, const Value& value);
  static Value show(double field) { return field; }
  static std::string print(double field);
  static Value convert(std::string_view text) { return SecondsKind::convert(text); }
};

/// A signal by name or number in files; a number on the wire.
struct SignalKind {
  static constexpr std::string_view name = "signal";
  static Result<void> parse(int& field, std::string_view text);
  static Result<void> take(int& field, std::string_view key, const Value& value);
  static Value show(int field) { return field; }
  static std::string print(int field);
  static Value convert(std::string_view text);
};

/// Permission bits or nothing, octal text everywhere; a JSON number would be read as decimal by some and
/// octal by others.
struct OctalKind {
  static constexpr std::string_view name = "octal";
  using Field = std::optional<int>;
  static Result<void> parse(Field& field, std::string_view text);
  static Result<void> take(Field& field, std::string_view key, const Value& value);
  static Value show(const Field& field) { return field ? Value(print(field)) : Value(); }
  static std::string print(const Field& field);
  static Value convert(std::string_view text) { return text; }
};

/// A user or group: a name or a number, which the wire may give as an integer or as text.
struct UserKind : OptionalTextKind {
  static constexpr std::string_view name = "name or id";
  static Result<void> take(Field& field, std::string_view key, const Value& value);
  static Value show(const Field& field);
};

/// `args`: text, or on the wire also a list of text.
struct ArgsKind {
  static constexpr std::string_view name = "text";
  static Result<void> parse(ArgsOption& field, std::string_view text);
  static Result<void> take(ArgsOption& field, std::string_view key, const Value& value);
  static Value show(const ArgsOption& field);
  static std::string print(const ArgsOption& field);
  static Value convert(std::string_view text) { return text; }
};

/// A size.
struct BytesKind {
  static constexpr std::string_view name = "bytes";
  static Result<void> parse(std::int64_t& field, std::string_view text);
  static Result<void> take(std::int64_t& field, std::string_view key, const Value& value);
  static Value show(std::int64_t field) { return field; }
  static std::string print(std::int64_t field);
  static Value convert(std::string_view text);
};
/// A size of at least so many bytes, for what would not work with fewer.
template <std::int64_t least>
struct LeastBytesKind : BytesKind {
  static Result<void> parse(std::int64_t& field, std::string_view text) {
    auto parsed = BytesKind::parse(field, text);
    if (!parsed || field >= least) return parsed;
    field = least;
    return make_error(Code::limit, "'" + std::string(text) + "' is below " + BytesKind::print(least));
  }
};

}  // namespace troupe::conf
