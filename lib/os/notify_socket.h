#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <string_view>

#include "lib/base/duration.h"
#include "lib/base/result.h"
#include "lib/os/fd.h"

namespace troupe::os {

/// What a service manager asks of a service by its environment (sd_notify(3), sd_watchdog_enabled(3)).
struct NotifyWish {
  std::string socket;   ///< NOTIFY_SOCKET; empty: nobody wants to hear anything
  Duration watchdog{};  ///< WATCHDOG_USEC: a sign of life is wanted at least so often; zero: none
};

/// Reads the wish and takes its variables out of the environment, so that no process that is started later
/// speaks for this one. A watchdog that WATCHDOG_PID means for another process is none.
NotifyWish take_notify_wish();

/// The datagram socket of a service manager. A default one has nobody to tell.
class NotifySocket {
 public:
  NotifySocket() = default;
  /// `address`: a path, or with `@` in front a name in the abstract namespace. Error: it is neither, or too
  /// long.
  static Result<NotifySocket> open(std::string_view address);

  explicit operator bool() const { return static_cast<bool>(socket_); }
  /// Sends lines `KEY=VALUE`. Waits up to a second for a manager that has too much to read, and after that
  /// not again until it takes something; what it does not take is lost.
  void send(std::string_view lines);

 private:
  Fd socket_;
  sockaddr_un address_{};
  socklen_t size_ = 0;
  bool patient_ = true;  ///< the last one was taken
};

}  // namespace troupe::os
