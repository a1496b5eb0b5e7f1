#include "lib/os/proc_children.h"

#include <unistd.h>

#include <cerrno>

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

bool lists_children() {
  return access("/proc/thread-self/children", F_OK) == 0;
}

std::optional<std::vector<int>> listed_children(int pid, const std::string& proc) {
  std::vector<int> children;
  const std::string tasks = proc + "/" + std::to_string(pid) + "/task";
  const Directory directory(opendir(tasks.c_str()));
  if (!directory) return errno == ENOENT ? std::optional(children) : std::nullopt;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    const auto text = read_whole_file(tasks + "/" + entry->d_name + "/children");
    if (!text && errno != ENOENT && errno != ESRCH) return std::nullopt;
    if (!text) continue;  // a thread that has ended
    for (const std::string_view word : split_spaces(*text)) {
      if (const auto child = parse_int(word)) children.push_back(static_cast<int>(*child));
    }
  }
  return children;
}

std::vector<int> direct_children(int pid) {
  if (!proc_is_ours()) return {};
  if (!lists_children()) return search(pid);
  auto children = listed_children(pid);
  return children ? *std::move(children) : search(pid);
}

}  // namespace troupe::os
