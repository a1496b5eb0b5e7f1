#include "lib/os/standard_output.h"

#include <cerrno>
#include <cstdio>
#include <iostream>

namespace troupe::os {

int finish_standard_output() {
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::cout && std::ferror(stdout) == 0) return 0;
  return errno != 0 ? errno : EIO;  // of an earlier failure too, when nothing failed since
}

}  // namespace troupe::os
