#pragma once

#include "lib/conf/option.h"

/// How the tables of options are written: `option<TextKind, &WatcherConfig::cmd>({.name = "cmd", ...})`.
namespace troupe::conf {

template <class Member>
struct MemberTraits;
template <class Class, class Type>
struct MemberTraits<Type Class::*> {
  using Owner = Class;
};
template <auto Field>
using OwnerOf = typename MemberTraits<decltype(Field)>::Owner;

/// A row for one key.
template <class Kind, auto Field>
constexpr Option<OwnerOf<Field>> option(Row row) {
  using Owner = OwnerOf<Field>;
  return {
      row,
      Kind::name,
      [](Owner& config, std::string_view, std::string_view text) { return Kind::parse(config.*Field, text); },
      [](Owner& config, std::string_view key, std::string_view, const Value& value) {
        return Kind::take(config.*Field, key, value);
      },
      [](const Owner& config, std::string_view name, Value& object) {
        object.append(std::string(name), Kind::show(config.*Field));
      },
      [](const Owner& config, std::string_view name) {
        return KeysAndTexts{{std::string(name), Kind::print(config.*Field)}};
      },
      Kind::convert};
}

/// A row for all keys that begin like its name, which ends with a `*`.
template <class Kind, auto Field>
constexpr Option<OwnerOf<Field>> family(Row row) {
  using Owner = OwnerOf<Field>;
  return {row,
          Kind::name,
          [](Owner& config, std::string_view suffix, std::string_view text) {
            return Kind::parse(config.*Field, suffix, text);
          },
          [](Owner& config, std::string_view key, std::string_view suffix, const Value& value) {
            return Kind::take(config.*Field, key, suffix, value);
          },
          [](const Owner& config, std::string_view name, Value& object) {
            for (const auto& [suffix, member] : Kind::members(config.*Field)) {
              object.append(std::string(name.substr(0, name.size() - 1)) + suffix, Kind::show(member));
            }
          },
          [](const Owner& config, std::string_view name) {
            KeysAndTexts all;
            for (const auto& [suffix, member] : Kind::members(config.*Field)) {
              all.emplace_back(std::string(name.substr(0, name.size() - 1)) + suffix, Kind::print(member));
            }
            return all;
          },
          Kind::convert};
}

}  // namespace troupe::conf
