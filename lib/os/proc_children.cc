#include "lib/os/proc_children.h"

#include <cerrno>
#include <string>

#include "lib/base/text.h"
#include "lib/os/directory.h"
#include "lib/os/own_proc.h"
#include "lib/os/proc_file.h"
#include "lib/os/proc_table.h"

namespace troupe::os {

namespace {

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
  if (!proc_is_ours()) return children;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  const Directory directory(opendir(tasks.c_str()));
  if (!directory) return errno == ENOENT ? children : search(pid);
  bool known = false;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    const auto text = read_whole_file(tasks + "/" + entry->d_name + "/children");
    if (!text) continue;
    known = true;
    for (const std::string_view word : split_spaces(*text)) {
      if (const auto child = parse_int(word)) children.push_back(static_cast<int>(*child));
    }
  }
  return known ? children : search(pid);
}

}  // namespace troupe::os
