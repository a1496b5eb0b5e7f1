#pragma once

#include <string_view>

namespace troupe::ctl {

/// Writes all of it; false when that is not possible, with errno: EPIPE when nobody reads any more.
bool write_all(int fd, std::string_view text);

/// Whether whoever read from this pipe or socket has gone.
bool is_closed(int fd);

}  // namespace troupe::ctl
