#pragma once

#include <string>
#include <string_view>

namespace troupe::ctl {

/// Writes all of it; false when that is not possible, with errno: EPIPE when nobody reads any more.
bool write_all(int fd, std::string_view text);

/// What to say when that failed and errno tells why.
std::string cannot_write();

/// SIGINT and SIGTERM end the process with status 0: for what goes on until then and has written everything
/// that it printed, so that there is nothing to put in order.
void leave_on_signals();

}  // namespace troupe::ctl
