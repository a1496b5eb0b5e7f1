#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/command.h"
#include "lib/base/result.h"
#include "lib/base/value.h"

namespace troupe::api {

/// The properties of one request, checked and typed by the rows of its command: a handler never meets bad
/// input. Asking for a name that is no row of the command is a bug and asserts. What is absent reads as
/// empty, 0 or false; has() tells it apart.
class Args {
 public:
  const Command& command() const { return *command_; }

  /// It was sent, or its row has a default.
  bool has(std::string_view name) const;

  const std::string& text(std::string_view name) const;
  /// Types integer and signal; a signal's name is its number by now.
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  bool flag(std::string_view name) const;
  bool waiting() const { return command_->waiting == Waiting::possible && flag("waiting"); }
  /// Types list and words; a text of type words is one element.
  std::vector<std::string> list(std::string_view name) const;
  /// After conversion; null when absent.
  const Value& value(std::string_view name) const;
  /// As the client wrote it, for replies that repeat it (`"process": "17984"` stays text).
  const Value& sent(std::string_view name) const;

 private:
  friend Result<Args> bind(const Command& command, const Value& properties);

  struct Bound {
    std::string_view name;
    Value value;
    Value sent;  ///< null when it is the same
  };
  explicit Args(const Command& command) : command_(&command) {}
  const Bound* find(std::string_view name) const;

  const Command* command_;
  std::vector<Bound> bound_;
};

/// Checks `properties` (an object; null is an empty one) against the command's rows and fills in defaults.
/// Keys without a row are ignored and null is the same as absent, as Circus's clients need it. Numbers may
/// come as text, which Circus's own client sends. Errors are Code::invalid with Circus's reasons where it has
/// one: `message invalid 'name' is missing`, `'nb' isn't an integer`.
Result<Args> bind(const Command& command, const Value& properties);

}  // namespace troupe::api
