#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/value.h"

namespace troupe::json {

/// One line of JSON without spaces. Bytes that are no UTF-8 become U+FFFD, NaN and the infinities null;
/// doubles are written so that reading them gives the same double.
std::string write(const Value& value);

/// The same, indented by two spaces, for people.
std::string write_pretty(const Value& value);

/// Writes one object after another without building a Value, for what is written often: events, replies.
///
///   writer.integer("process_pid", 4711).number("time", now);
///   socket.send({topic, writer.finish()});
class ObjectWriter {
 public:
  ObjectWriter();
  ~ObjectWriter();
  ObjectWriter(ObjectWriter&&) noexcept;
  ObjectWriter& operator=(ObjectWriter&&) noexcept;

  ObjectWriter& text(std::string_view key, std::string_view text);
  ObjectWriter& integer(std::string_view key, std::int64_t number);
  ObjectWriter& number(std::string_view key, double number);
  ObjectWriter& boolean(std::string_view key, bool flag);
  ObjectWriter& null(std::string_view key);
  ObjectWriter& value(std::string_view key, const Value& value);
  /// A value that is JSON already.
  ObjectWriter& json(std::string_view key, std::string_view text);
  /// All members of an object, in its order; nothing for any other value.
  ObjectWriter& members(const Value& object);

  /// Ends the object. The text stays until the next call on this writer, which begins a new object.
  std::string_view finish();

 private:
  struct Impl;
  void key(std::string_view key);

  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::json
