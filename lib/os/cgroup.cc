#include "lib/os/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "lib/base/text.h"
#include "lib/os/fd.h"

namespace troupe::os {

namespace {

/// Somebody's cgroups in cgroups of ours: deeper than this nobody looks.
constexpr int deepest = 16;

/// `\040` is a space (proc(5)).
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// The path in the line "0::/path".
std::optional<std::string> own_path(std::string_view cgroup) {
  for (const std::string_view line : split(cgroup, '\n')) {
    if (!line.starts_with("0::/")) continue;
    std::string path(line.substr(3));
    // Removed under its process, or outside of what this cgroup namespace shows.
    if (path.ends_with(" (deleted)") || path.starts_with("/..")) return {};
    return path;
  }
  return {};
}

/// What of `path` is below `root`; "" is root itself.
std::optional<std::string> below(const std::string& path, const std::string& root) {
  if (root == "/") return path == "/" ? "" : path;
  if (!path.starts_with(root)) return {};
  const std::string rest = path.substr(root.size());
  if (rest.empty() || rest.front() == '/') return rest;
  return {};
}

std::string read_all(int fd) {
  std::string text;
  char piece[4096];
  for (;;) {
    const ssize_t size = read(fd, piece, sizeof piece);
    if (size > 0) text.append(piece, static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EINTR)) return text;
  }
}

std::string read_file(int directory, const char* path) {
  const Fd file(openat(directory, path, O_RDONLY | O_CLOEXEC));
  return file ? read_all(file.get()) : std::string();
}

Fd open_directory(int directory, const std::string& name) {
  return Fd(openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::vector<std::string> directories_in(const Fd& directory) {
  std::vector<std::string> names;
  struct stat info;
  // "." and the entry above: nothing is below it.
  if (fstat(directory.get(), &info) == 0 && info.st_nlink == 2) return names;
  Fd again = open_directory(directory.get(), ".");
  if (!again) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> list(fdopendir(again.get()), closedir);
  if (!list) return names;
  (void)again.release();
  while (const dirent* entry = readdir(list.get())) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  return names;
}

void add_processes(int parent, const std::string& name, int depth, std::vector<int>& pids) {
  const Fd directory = open_directory(parent, name);
  if (!directory || depth > deepest) return;
  const std::vector<int> own = parse_cgroup_procs(read_file(directory.get(), "cgroup.procs"));
  pids.insert(pids.end(), own.begin(), own.end());
  for (const std::string& lower : directories_in(directory))
    add_processes(directory.get(), lower, depth + 1, pids);
}

bool remove_below(int parent, const std::string& name, int depth) {
  if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return true;
  if (errno != EBUSY && errno != ENOTEMPTY) return false;
  const Fd directory = open_directory(parent, name);
  if (!directory || depth > deepest) return false;
  const std::vector<std::string> lower = directories_in(directory);
  bool all = !lower.empty();
  for (const std::string& one : lower) all = remove_below(directory.get(), one, depth + 1) && all;
  return all && unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0;
}

}  // namespace

std::optional<std::string> cgroup2_directory(std::string_view mountinfo, std::string_view cgroup) {
  const auto path = own_path(cgroup);
  if (!path) return {};
  for (const std::string_view line : split(mountinfo, '\n')) {
    // 36 35 98:0 ROOT MOUNT_POINT OPTIONS [FIELD …] - TYPE SOURCE OPTIONS
    const auto end = line.find(" - ");
    if (end == std::string_view::npos || !line.substr(end + 3).starts_with("cgroup2 ")) continue;
    const auto fields = split(line.substr(0, end), ' ');
    if (fields.size() < 6) continue;
    const auto rest = below(*path, unescape(fields[3]));
    if (rest) return unescape(fields[4]) + *rest;
  }
  return {};
}

std::optional<std::string> own_cgroup2_directory() {
  return cgroup2_directory(read_file(AT_FDCWD, "/proc/self/mountinfo"),
                           read_file(AT_FDCWD, "/proc/self/cgroup"));
}

std::vector<int> parse_cgroup_procs(std::string_view text) {
  std::vector<int> pids;
  for (const std::string_view line : split(text, '\n')) {
    const auto pid = parse_int(line);
    if (pid && *pid > 0 && *pid < (1 << 22)) pids.push_back(static_cast<int>(*pid));
  }
  return pids;
}

std::vector<int> cgroup_processes(int directory, const std::string& name) {
  std::vector<int> pids;
  add_processes(directory, name, 0, pids);
  return pids;
}

bool remove_cgroup(int directory, const std::string& name) {
  return remove_below(directory, name, 0);
}

}  // namespace troupe::os
