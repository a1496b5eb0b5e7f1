#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe {

struct Member;

/// A JSON value as plain data: what the wire carries, what `get` and `options` show. lib/json reads and
/// writes it. Objects keep the order of their members, so that replies read as they were written.
class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<Member>;

  Value();
  Value(std::nullptr_t);
  Value(bool b);
  Value(int i);
  Value(long i);
  Value(long long i);
  Value(unsigned i);
  Value(unsigned long i);
  Value(double d);
  Value(const char* text);
  Value(std::string_view text);
  Value(std::string text);
  Value(Array array);
  Value(Object object);

  static Value array();
  /// An empty object, with room for so many members.
  static Value object(std::size_t room = 0);

  bool is_null() const { return std::holds_alternative<std::monostate>(content_); }
  const bool* as_bool() const { return std::get_if<bool>(&content_); }
  const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&content_); }
  const double* as_double() const { return std::get_if<double>(&content_); }
  const std::string* as_text() const { return std::get_if<std::string>(&content_); }
  const Array* as_array() const { return std::get_if<Array>(&content_); }
  const Object* as_object() const { return std::get_if<Object>(&content_); }
  Array* as_array() { return std::get_if<Array>(&content_); }
  Object* as_object() { return std::get_if<Object>(&content_); }

  /// The member of that name of an object, or nullptr (also when this is no object).
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);

  /// Sets a member; turns anything but an object into an empty object first. Keeps the place of a known key.
  Value& set(std::string_view key, Value value) &;
  Value&& set(std::string_view key, Value value) && { return std::move(set(key, std::move(value))); }
  /// Adds a member without looking for an older one of that name: for building large objects.
  Value& append(std::string key, Value value) &;
  Value&& append(std::string key, Value value) && {
    return std::move(append(std::move(key), std::move(value)));
  }
  /// Adds an element; turns anything but an array into an empty array first.
  Value& push(Value value);

  bool operator==(const Value&) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> content_;
};

struct Member {
  std::string key;
  Value value;

  bool operator==(const Member&) const = default;
};

inline Value::Value() = default;
inline Value::Value(std::nullptr_t) {}
inline Value::Value(bool b) : content_(b) {}
inline Value::Value(int i) : content_(static_cast<std::int64_t>(i)) {}
inline Value::Value(long i) : content_(static_cast<std::int64_t>(i)) {}
inline Value::Value(long long i) : content_(static_cast<std::int64_t>(i)) {}
inline Value::Value(unsigned i) : content_(static_cast<std::int64_t>(i)) {}
inline Value::Value(unsigned long i) : content_(static_cast<std::int64_t>(i)) {}
inline Value::Value(double d) : content_(d) {}
inline Value::Value(const char* text) : content_(std::string(text)) {}
inline Value::Value(std::string_view text) : content_(std::string(text)) {}
inline Value::Value(std::string text) : content_(std::move(text)) {}
inline Value::Value(Array array) : content_(std::move(array)) {}
inline Value::Value(Object object) : content_(std::move(object)) {}
inline Value Value::array() {
  return Value(Array{});
}
inline Value Value::object(std::size_t room) {
  Object members;
  members.reserve(room);
  return members;
}

}  // namespace troupe
