#include "lib/api/errors.h"

#include <algorithm>

namespace troupe::api {

namespace {

constexpr ErrorRow rows[] = {
    {1, "invalid JSON", "The request is not JSON or not UTF-8. The reply's `id` is null."},
    {2, "unknown command", "There is no command of that name: `unknown command: 'frobnicate'`."},
    {3, "message error",
     "A property is missing or has a bad value (`message invalid 'name' is missing`), or what it names does "
     "not exist (`program web not found`, `events 1..9 are gone`)."},
    {4, "OS error", "A system call failed; the reason names it."},
    {5, "command error",
     "The request is well formed but cannot be done in this state: a name is taken, a bound is reached."},
    {6, "bad message data",
     "The command was accepted and waited for, and failed later; the reason says how."},
};

static_assert(std::is_sorted(std::begin(rows), std::end(rows),
                             [](const ErrorRow& left, const ErrorRow& right) {
                               return left.number < right.number;
                             }));

}  // namespace

std::span<const ErrorRow> errors() {
  return rows;
}

int wire_errno(Code code) {
  switch (code) {
    case Code::invalid_json:
      return 1;
    case Code::unknown_command:
      return 2;
    case Code::invalid:
    case Code::not_found:
      return 3;
    case Code::system:
      return 4;
    case Code::refused:
    case Code::limit:
      return 5;
    case Code::failed:
    case Code::timed_out:
      return 6;
  }
  return 5;
}

}  // namespace troupe::api
