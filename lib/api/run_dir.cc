#include "lib/api/run_dir.h"

namespace troupe::api {

std::string run_dir(unsigned uid, std::string_view xdg_runtime_dir, std::string_view name) {
  std::string dir;
  if (uid == 0) {
    dir = "/run/troupe";
  } else if (xdg_runtime_dir.starts_with('/')) {  // the specification says: ignore a relative one
    dir = std::string(xdg_runtime_dir) + "/troupe";
  } else {
    dir = "/tmp/troupe-" + std::to_string(uid);
  }
  if (!name.empty()) dir += "/" + std::string(name);
  return dir;
}

}  // namespace troupe::api
