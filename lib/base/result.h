#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "lib/base/error.h"

namespace troupe {

/// A value or an Error. Shaped like std::expected, which the compiler does not have yet in C++20 mode.
/// Reading the value of a failed result is a bug and asserts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return content_.index() == 0; }
  bool has_value() const { return content_.index() == 0; }

  T& value() & { return get(); }
  const T& value() const& { return get(); }
  T&& value() && { return std::move(get()); }
  T& operator*() & { return get(); }
  const T& operator*() const& { return get(); }
  T&& operator*() && { return std::move(get()); }
  T* operator->() { return &get(); }
  const T* operator->() const { return &get(); }

  const Error& error() const {
    assert(!has_value());
    return std::get<1>(content_);
  }

 private:
  T& get() {
    assert(has_value());
    return std::get<0>(content_);
  }
  const T& get() const {
    assert(has_value());
    return std::get<0>(content_);
  }

  std::variant<T, Error> content_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }
  bool has_value() const { return !error_; }
  const Error& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace troupe
