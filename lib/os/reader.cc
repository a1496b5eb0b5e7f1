#include "lib/os/reader.h"

#include <poll.h>

namespace troupe::os {

bool is_reader_gone(int fd) {
  pollfd ready{fd, 0, 0};
  return poll(&ready, 1, 0) == 1;  // asked for nothing, it tells of ends and errors only
}

}  // namespace troupe::os
