#pragma once

#include <string>
#include <string_view>

#include "lib/base/duration.h"
#include "lib/base/result.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// Whom troupectl asks: the daemon behind a socket, or what a test says.
class Daemon {
 public:
  virtual ~Daemon() = default;
  /// The whole reply, an error reply too. Code::timed_out when none came,
  /// Code::failed when none will.
  virtual Result<Value> call(std::string_view command, const Value& properties, Duration timeout) = 0;
};

/// Statuses to leave with; scripts depend on them.
enum class Exit { good = 0, client = 1, usage = 2, refused = 3 };

/// What a run prints, and the status it leaves with.
struct Outcome {
  Exit exit = Exit::good;
  std::string out{};  ///< to standard output
  std::string err{};  ///< to standard error
};

}  // namespace troupe::ctl
