#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/value.h"

namespace troupe::conf {

/// Which of the words a text is, whatever its case. Code::invalid: `'x' is not one of a, b, c`, with the
/// nearest one.
Result<int> find_choice(std::string_view text, std::span<const std::string_view> words);

/// A kind (see kinds.h) for an enumeration: `words[i]` is the name of the value `first + i`.
template <class Enum, const auto& words, int first = 0>
struct ChoiceKind {
  static constexpr std::string_view name = "word";
  static Result<void> parse(Enum& field, std::string_view text) {
    const auto index = find_choice(text, words);
    if (!index) return index.error();
    field = static_cast<Enum>(*index + first);
    return {};
  }
  static Result<void> take(Enum& field, std::string_view key, const Value& value) {
    const auto* text = value.as_text();
    if (!text) return make_error(Code::invalid, "'" + std::string(key) + "' isn't a string");
    return parse(field, *text);
  }
  static Value show(Enum field) { return print(field); }
  static std::string print(Enum field) {
    return std::string(words[static_cast<std::size_t>(static_cast<int>(field) - first)]);
  }
  static Value convert(std::string_view text) { return text; }
};

/// The same for a value that may be missing; empty is the same as missing.
template <class Enum, const auto& words, int first = 0>
struct OptionalChoiceKind : ChoiceKind<Enum, words, first> {
  using Plain = ChoiceKind<Enum, words, first>;
  using Field = std::optional<Enum>;
  static Result<void> parse(Field& field, std::string_view text) {
    field.reset();
    return text.empty() ? Result<void>() : Plain::parse(field.emplace(), text);
  }
  static Result<void> take(Field& field, std::string_view key, const Value& value) {
    field.reset();
    return value.is_null() ? Result<void>() : Plain::take(field.emplace(), key, value);
  }
  static Value show(const Field& field) { return field ? Plain::show(*field) : Value(); }
  static std::string print(const Field& field) { return field ? Plain::print(*field) : std::string(); }
};

}  // namespace troupe::conf
