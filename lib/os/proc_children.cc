#include "lib/os/proc_children.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "lib/base/text.h"
#include "lib/os/fd.h"
#include "lib/os/proc_table.h"

namespace troupe::os {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

/// The whole file; it comes in pieces of a page.
bool read_file(const std::string& path, std::string& text) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return false;
  char piece[4096];
  for (;;) {
    const ssize_t size = read(file.get(), piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    text.append(piece, static_cast<std::size_t>(size));
  }
}

std::vector<int> search(int pid) {
  std::vector<int> children;
  const auto table = ProcTable::read_all();
  if (!table) return children;
  for (const ProcStat* stat : table->children_of(pid)) children.push_back(stat->pid);
  return children;
}

}  // namespace

std::vector<int> direct_children(int pid) {
  std::vector<int> children;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  const std::unique_ptr<DIR, CloseDirectory> directory(opendir(tasks.c_str()));
  if (!directory) return errno == ENOENT ? children : search(pid);
  bool known = false;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    std::string text;
    if (!read_file(tasks + "/" + entry->d_name + "/children", text)) continue;
    known = true;
    for (const std::string_view word : split_spaces(text)) {
      if (const auto child = parse_int(word)) children.push_back(static_cast<int>(*child));
    }
  }
  return known ? children : search(pid);
}

}  // namespace troupe::os
