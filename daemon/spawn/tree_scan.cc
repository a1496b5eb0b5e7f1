#include "daemon/spawn/tree_scan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "lib/base/text.h"
#include "lib/os/fd.h"
#include "lib/os/own_proc.h"
#include "lib/os/proc_table.h"

namespace troupe {

namespace {

constexpr std::size_t most_environment = 256 * 1024;

}  // namespace

Result<std::vector<TreeRow>> TreeScan::scan(const std::unordered_set<int>& leaders) {
  std::vector<TreeRow> rows;
  is_blind_ = !os::proc_is_ours();
  if (is_blind_) return rows;
  const auto table = os::ProcTable::read_all();
  if (!table) return table.error();
  rows.reserve(table->rows().size());
  for (const os::ProcStat& stat : table->rows()) {
    TreeRow row{
        stat.pid, stat.ppid, stat.pgrp, stat.session, stat.start_time, stat.state == 'Z' || stat.state == 'X',
        0,        0};
    const bool told = leaders.count(row.pid) + leaders.count(row.session) + leaders.count(row.group) > 0;
    if (!row.zombie && !told) row.tag = tag_of(row.pid, row.start_time);
    rows.push_back(row);
  }
  forget_gone(rows);
  return rows;
}

/// As many tags as there are processes, however long a stop takes.
void TreeScan::forget_gone(const std::vector<TreeRow>& rows) {
  std::set<std::pair<int, std::uint64_t>> there;
  for (const TreeRow& row : rows) there.emplace(row.pid, row.start_time);
  std::erase_if(tags_, [&](const auto& tag) { return there.count(tag.first) == 0; });
}

core::ProcessId TreeScan::tag_of(int pid, std::uint64_t start_time) {
  const auto [tag, is_new] = tags_.emplace(std::pair(pid, start_time), 0);
  if (is_new) tag->second = read_tag(pid);
  return tag->second;
}

core::ProcessId TreeScan::read_tag(int pid) {
  const os::Fd file(open(("/proc/" + std::to_string(pid) + "/environ").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return 0;
  buffer_.resize(most_environment);
  std::size_t length = 0;
  while (length < buffer_.size()) {
    const ssize_t size = read(file.get(), buffer_.data() + length, buffer_.size() - length);
    if (size <= 0) break;
    length += static_cast<std::size_t>(size);
  }
  std::string_view rest(buffer_.data(), length);
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.substr(0, mark_.size()) == mark_) {
      const auto number = parse_int(entry.substr(mark_.size()));
      return number && *number > 0 ? static_cast<core::ProcessId>(*number) : 0;
    }
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return 0;
}

}  // namespace troupe
