#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "daemon/core/effects.h"

namespace troupe::core {

/// One input on its way through the core: the time it came at, and the effects it leads to.
struct Turn {
  Instant now;
  Effects& out;

  template <class T>
  void emit(T effect) {
    out.emplace_back(std::move(effect));
  }
  /// An event that is true from now on; `at` is for the spawn event, whose time is before the clone.
  void publish(std::string_view prefix, std::string_view event, Value data, Instant at) {
    emit(Publish{std::string(prefix) += event, std::move(data), at});
  }
  void publish(std::string_view prefix, std::string_view event, Value data = Value::object()) {
    publish(prefix, event, std::move(data), now);
  }
  void note(Note::Level level, std::string text) { emit(Note{level, std::move(text)}); }
};

}  // namespace troupe::core
