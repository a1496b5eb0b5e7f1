#include "lib/os/sockets.h"

#include <sys/socket.h>

#include <cerrno>

#include "lib/os/system_error.h"

namespace troupe::os {

Result<SocketPair> open_message_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return system_error("socketpair", "", errno);
  return SocketPair{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace troupe::os
