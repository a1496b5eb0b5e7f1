#include "daemon/stream/rotated_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "daemon/core/stream/rotation.h"

namespace troupe {

bool is_taken(const std::string& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0;
}

std::string compressed_name(const std::string& path) {
  return path + std::string(core::compressed_suffix);
}

int move_file(const std::string& from, const std::string& to) {
  return rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

}  // namespace troupe
