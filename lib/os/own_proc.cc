#include "lib/os/own_proc.h"

#include <unistd.h>

#include <string>
#include <string_view>

namespace troupe::os {

bool proc_is_ours() {
  char text[32];
  const ssize_t size = readlink("/proc/self", text, sizeof text);
  return size > 0 && std::string_view(text, static_cast<std::size_t>(size)) == std::to_string(getpid());
}

}  // namespace troupe::os
