#pragma once

#include "lib/base/result.h"
#include "lib/os/fd.h"

namespace troupe::os {

/// Two connected close-on-exec SOCK_SEQPACKET sockets: one send is one message.
struct SocketPair {
  Fd first;
  Fd second;
};
Result<SocketPair> open_message_pair();

}  // namespace troupe::os
