#pragma once

#include <string_view>

#include <sys/types.h>

namespace troupe::os {

/// Writes as much as goes without waiting for a reader, at most PIPE_BUF bytes, whatever the mode of the
/// descriptor, which others may have open too. The bytes written, or -1 and errno; EAGAIN: there is no room.
/// A terminal, and a pipe before Linux 6.4, can only be asked first: somebody else's write in between may
/// then make this one wait.
ssize_t write_promptly(int fd, std::string_view text);

}  // namespace troupe::os
