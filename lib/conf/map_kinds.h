#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/value.h"

/// Kinds (see kinds.h) whose field is a map. A *family* kind is one row for many keys, `rlimit_*`: its
/// functions have the free part of the key, the suffix, besides. An *object* kind is the whole map as one
/// JSON object, as the wire has it; files never have those.
namespace troupe::conf {

using TextMap = std::map<std::string, std::string>;

/// `rlimit_NAME`: an integer; empty, `unlimited`, -1 or null for no limit.
struct RlimitFamily {
  static constexpr std::string_view name = "integer";
  using Field = std::map<std::string, std::optional<std::int64_t>>;
  static Result<void> parse(Field& field, std::string_view suffix, std::string_view text);
  static Result<void> take(Field& field, std::string_view key, std::string_view suffix, const Value& value);
  static Value show(const Field::mapped_type& member) { return member ? Value(*member) : Value(); }
  static std::string print(const Field::mapped_type& member) {
    return member ? std::to_string(*member) : "unlimited";
  }
  static Value convert(std::string_view text);
};

/// Keys with any suffix and text as value: `stdout_stream.filename`.
struct TextFamily {
  static constexpr std::string_view name = "text";
  using Field = TextMap;
  static Result<void> parse(Field& field, std::string_view suffix, std::string_view text);
  static Result<void> take(Field& field, std::string_view key, std::string_view suffix, const Value& value);
  static Value show(const std::string& member) { return member; }
  static std::string print(const std::string& member) { return member; }
  static Value convert(std::string_view text);
};

/// `hooks.NAME`: `dotted.path` or `dotted.path,true`.
struct HookFamily : TextFamily {
  static Result<void> parse(Field& field, std::string_view suffix, std::string_view text);
  static Result<void> take(Field& field, std::string_view key, std::string_view suffix, const Value& value);
};

/// What the object kinds share: they show a map of text, and no file has them.
struct ObjectKind {
  static constexpr std::string_view name = "object";
  using Field = TextMap;
  static Result<void> parse(Field& field, std::string_view text);
  static Value show(const Field& field);
  static std::string print(const Field&) { return ""; }
  static Value convert(std::string_view text) { return text; }
};

/// An object of text values, which replaces the whole map. The command line writes it `A=1,B=2`.
struct EnvKind : ObjectKind {
  static Result<void> take(Field& field, std::string_view key, const Value& value);
  static Value convert(std::string_view text);
};

/// An object hook → text, or → ["dotted.path", ignore errors], which is laid over the map. The command line
/// writes it `before_start:hooks.good,after_stop:hooks.bye`.
struct HooksKind : ObjectKind {
  static Result<void> take(Field& field, std::string_view key, const Value& value);
  static Value convert(std::string_view text);
};

/// An object with a `class`, which replaces the whole map.
struct StreamKind : ObjectKind {
  static Result<void> take(Field& field, std::string_view key, const Value& value);
};

/// Only to look at.
struct ShownMapKind : ObjectKind {
  static Result<void> take(Field& field, std::string_view key, const Value& value);
};

}  // namespace troupe::conf
