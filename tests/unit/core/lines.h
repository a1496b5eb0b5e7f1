#pragma once

#include <doctest/doctest.h>

#include <csignal>
#include <initializer_list>
#include <ostream>
#include <string>
#include <vector>

#include "lib/base/value.h"

namespace troupe::core {

/// What was heard on the bus, one line an event.
using Lines = std::vector<std::string>;

inline Value pid_list(std::initializer_list<int> pids) {
  Value value = Value::array();
  for (const int pid : pids) value.push(pid);
  return value;
}

/// The answer to a start.
inline Value started(std::initializer_list<int> started, std::initializer_list<int> kept = {}) {
  return Value::object().set("started", pid_list(started)).set("kept", pid_list(kept));
}

/// The answer to a restart or reload.
inline Value replaced(std::initializer_list<int> stopped, std::initializer_list<int> started,
                      std::initializer_list<int> kept = {}) {
  return Value::object()
      .set("stopped", pid_list(stopped))
      .set("started", pid_list(started))
      .set("kept", pid_list(kept));
}

}  // namespace troupe::core

namespace doctest {

/// So that a failed comparison shows both lists.
template <class T>
struct StringMaker<std::vector<T>> {
  static String convert(const std::vector<T>& list) {
    String text = "[";
    for (const T& item : list) text += (text.size() > 1 ? ", " : "") + toString(item);
    return text + "]";
  }
};

}  // namespace doctest
