#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/value.h"
#include "lib/conf/hook_config.h"
#include "lib/conf/stream_config.h"

/// Kinds (see kinds.h) whose field is a map. A *family* kind is one row for many keys, `rlimit_*`: its
/// functions have the free part of the key, the suffix, besides, and members() gives what they show. An
/// *object* kind is the whole map as one JSON object, as the wire has it; files never have those.
namespace troupe::conf {

using TextMap = std::map<std::string, std::string>;

/// `rlimit_NAME`: an integer; empty, `unlimited`, -1 or null for no limit.
struct RlimitFamily {
  static constexpr std::string_view name = "integer";
  using Field = std::map<std::string, std::optional<std::int64_t>>;
  static Result<void> parse(Field& field, std::string_view suffix, std::string_view text);
  static Result<void> take(Field& field, std::string_view key, std::string_view suffix, const Value& value);
  static const Field& members(const Field& field) { return field; }
  static Value show(const Field::mapped_type& member) { return member ? Value(*member) : Value(); }
  static std::string print(const Field::mapped_type& member) {
    return member ? std::to_string(*member) : "unlimited";
  }
  static Value convert(std::string_view text);
};

/// `hooks.NAME`: see parse_hook.
struct HookFamily {
  static constexpr std::string_view name = "text";
  using Field = std::map<std::string, HookConfig>;
  static Result<void> parse(Field& field, std::string_view suffix, std::string_view text);
  static Result<void> take(Field& field, std::string_view key, std::string_view suffix, const Value& value);
  static const Field& members(const Field& field) { return field; }
  static Value show(const HookConfig& member) { return hook_text(member); }
  static std::string print(const HookConfig& member) { return hook_text(member); }
  static Value convert(std::string_view text) { return text; }
};

/// `stdout_stream.class` and `stdout_stream.OPTION`, text of any kind.
struct StreamFamily {
  static constexpr std::string_view name = "text";
  using Field = StreamConfig;
  static Result<void> parse(Field& field, std::string_view suffix, std::string_view text);
  static Result<void> take(Field& field, std::string_view key, std::string_view suffix, const Value& value);
  /// `class` first, if there is one.
  static std::vector<std::pair<std::string, std::string>> members(const Field& field);
  static Value show(const std::string& member) { return member; }
  static std::string print(const std::string& member) { return member; }
  static Value convert(std::string_view text) { return text; }
};

/// What the object kinds share: no file has them.
template <class Map>
struct ObjectKind {
  static constexpr std::string_view name = "object";
  using Field = Map;
  static Result<void> parse(Field&, std::string_view) {
    return make_error(Code::invalid, "only set and add take this as a whole");
  }
  static std::string print(const Field&) { return ""; }
  static Value convert(std::string_view text) { return text; }
};

/// An object of text values, which replaces the whole map. The command line writes it `A=1,B=2`.
struct EnvKind : ObjectKind<TextMap> {
  static Result<void> take(Field& field, std::string_view key, const Value& value);
  static Value show(const Field& field);
  static Value convert(std::string_view text);
};

/// An object hook → text, or → ["dotted.path", ignore errors], which is laid over the map. The command line
/// writes it `before_start:hooks.good,after_stop:hooks.bye`.
struct HooksKind : ObjectKind<HookFamily::Field> {
  static Result<void> take(Field& field, std::string_view key, const Value& value);
  static Value show(const Field& field);
  static Value convert(std::string_view text);
};

/// An object with a `class`, which replaces the whole stream.
struct StreamKind : ObjectKind<StreamConfig> {
  static Result<void> take(Field& field, std::string_view key, const Value& value);
  static Value show(const Field& field);
};

/// Only to look at.
struct ShownStreamKind : StreamKind {
  static Result<void> take(Field& field, std::string_view key, const Value& value);
};

}  // namespace troupe::conf
