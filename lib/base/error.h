#pragma once

#include <string>
#include <utility>

namespace troupe {

/// What kind of answer an error is; lib/api/errors.h maps each kind to the errno of the wire.
enum class Code {
  invalid_json,     ///< the text is not JSON
  unknown_command,  ///< no command of that name
  invalid,          ///< a property, option or argument is missing or has a bad value
  not_found,        ///< the named thing does not exist
  system,           ///< a system call failed; the text names the call and the reason
  refused,          ///< the request is well formed but cannot be done in this state
  limit,            ///< a bound is reached; the text names it
  failed,           ///< accepted, tried and failed later
  timed_out,        ///< no answer in time
};

/// An expected answer that is not success: what went wrong, where, and what to do, in one line.
struct Error {
  Code code = Code::invalid;
  std::string text;

  bool operator==(const Error&) const = default;
};

inline Error make_error(Code code, std::string text) {
  return {code, std::move(text)};
}

}  // namespace troupe
