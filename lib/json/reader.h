#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/value.h"

namespace troupe::json {

/// Objects and arrays within one another; deeper text is refused, so that nothing that walks a Value needs a
/// deep stack.
inline constexpr std::size_t max_depth = 256;

/// What a text has to be.
enum class Root { any, object };

/// Turns text into Values. Keeps its buffers from one text to the next, but drops them after a large one, so
/// that a single 8 MiB request does not stay with us for ever (at most 1 MiB is kept).
///
/// The whole text is checked, its UTF-8 included (RFC 8259; no comments, no NaN). Of a key that comes twice
/// the last value counts, as in Python; integers beyond 64 bits signed become doubles.
/// Errors: Code::invalid_json, with the reason; Code::invalid for JSON that is not the root asked for (which
/// is found before Values are made of it).
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  Result<Value> parse(std::string_view text, Root root = Root::any);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One text with a Reader of its own.
Result<Value> parse(std::string_view text);

}  // namespace troupe::json
