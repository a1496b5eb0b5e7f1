#include "lib/os/own_proc.h"

#include <unistd.h>

#include <climits>
#include <string>
#include <string_view>

namespace troupe::os {

bool proc_is_ours() {
  char text[32];
  const ssize_t size = readlink("/proc/self", text, sizeof text);
  return size > 0 && std::string_view(text, static_cast<std::size_t>(size)) == std::to_string(getpid());
}

std::string own_folder() {
  char self[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length <= 0 || length >= static_cast<ssize_t>(sizeof self)) return {};
  const std::string path(self, static_cast<std::size_t>(length));
  return path.substr(0, path.rfind('/'));
}

}  // namespace troupe::os
