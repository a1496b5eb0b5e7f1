#include "daemon/run_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>

namespace troupe {

namespace {

Error wrong(const std::string& path, const std::string& what) {
  return make_error(Code::system, "run_dir " + path + ": " + what);
}

/// Whoever owns a folder above, or may write to it, can put another one in the place of ours.
Result<void> check_parent(const std::string& path, const std::string& parent) {
  struct stat info {};
  if (lstat(parent.c_str(), &info) < 0) return wrong(path, parent + ": " + std::strerror(errno));
  if (info.st_uid != 0 && info.st_uid != geteuid())
    return wrong(path, parent + " above it belongs to uid " + std::to_string(info.st_uid) +
                           ", who could put another folder in its place; name one elsewhere");
  const bool open_to_all =
      S_ISDIR(info.st_mode) && (info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0;
  if (open_to_all)
    return wrong(path,
                 parent + " above it can be written to by everybody; close it or name a folder elsewhere");
  return {};
}

Result<void> make_parents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), 0755) < 0 && errno != EEXIST) return wrong(parent, std::strerror(errno));
    if (auto ours = check_parent(path, parent); !ours) return ours;
  }
  return {};
}

/// Root owns folders that are for everybody; closed, they would take the machine down with them.
bool is_well_known(const std::string& path) {
  char real[PATH_MAX];
  if (!realpath(path.c_str(), real)) return false;
  constexpr std::string_view shared[] = {
      "/",     "/boot", "/dev",   "/dev/shm", "/etc",     "/home",    "/media",   "/mnt",      "/opt",
      "/proc", "/root", "/run",   "/sbin",    "/srv",     "/sys",     "/tmp",     "/usr",      "/var",
      "/bin",  "/lib",  "/lib64", "/var/run", "/var/lib", "/var/log", "/var/tmp", "/run/lock", "/run/user"};
  return std::find(std::begin(shared), std::end(shared), std::string_view(real)) != std::end(shared);
}

Result<void> check_owned(const std::string& path, const struct stat& info) {
  if (is_well_known(path) || (info.st_mode & (S_ISVTX | S_IWOTH)) != 0) {
    return wrong(path, "is shared with others; name a folder of its own, as in " +
                           (path.ends_with('/') ? path : path + "/") + "troupe");
  }
  if (info.st_uid == geteuid()) return {};
  return wrong(path,
               "belongs to uid " + std::to_string(info.st_uid) + ", not to " + std::to_string(geteuid()));
}

}  // namespace

Result<void> prepare_run_dir(const std::string& path, int group, bool passable) {
  if (auto made = make_parents(path); !made) return made;
  const mode_t mode = (group >= 0 ? 0750 : 0700) | (passable ? 0011 : 0);
  if (mkdir(path.c_str(), mode) < 0 && errno != EEXIST) return wrong(path, std::strerror(errno));
  struct stat info {};
  if (lstat(path.c_str(), &info) < 0) return wrong(path, std::strerror(errno));
  if (!S_ISDIR(info.st_mode)) return wrong(path, "is no folder");
  if (auto own = check_owned(path, info); !own) return own;
  if (group >= 0 && info.st_gid != static_cast<gid_t>(group)) {
    const bool given = chown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(group)) == 0;
    if (!given) return wrong(path, std::string("chown: ") + std::strerror(errno));
  }
  if ((info.st_mode & 07777) != mode && chmod(path.c_str(), mode) < 0) {
    return wrong(path, std::string("chmod: ") + std::strerror(errno));
  }
  return {};
}

}  // namespace troupe
