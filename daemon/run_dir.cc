#include "daemon/run_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace troupe {

namespace {

Error wrong(const std::string& path, const std::string& what) {
  return make_error(Code::system, "run_dir " + path + ": " + what);
}

Result<void> make_parents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), 0755) < 0 && errno != EEXIST) return wrong(parent, std::strerror(errno));
  }
  return {};
}

}  // namespace

Result<void> prepare_run_dir(const std::string& path, int group) {
  if (auto made = make_parents(path); !made) return made;
  const mode_t mode = group >= 0 ? 0750 : 0700;
  if (mkdir(path.c_str(), mode) < 0 && errno != EEXIST) return wrong(path, std::strerror(errno));
  struct stat info {};
  if (lstat(path.c_str(), &info) < 0) return wrong(path, std::strerror(errno));
  if (!S_ISDIR(info.st_mode)) return wrong(path, "is no folder");
  if (info.st_uid != geteuid()) {
    return wrong(path,
                 "belongs to uid " + std::to_string(info.st_uid) + ", not to " + std::to_string(geteuid()));
  }
  if (group >= 0) {
    const bool given = chown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(group)) == 0;
    if (!given) return wrong(path, std::string("chown: ") + std::strerror(errno));
  }
  const bool too_open = (info.st_mode & 0022) != 0;
  if ((too_open || group >= 0) && chmod(path.c_str(), mode) < 0) return wrong(path, std::strerror(errno));
  return {};
}

}  // namespace troupe
