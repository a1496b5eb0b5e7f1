#include "lib/os/proc_table.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <numeric>

#include "lib/base/text.h"

namespace troupe::os {

namespace {

Error proc_error(int number) {
  return make_error(Code::system, std::string("/proc: ") + std::strerror(number));
}

/// Adds the row of the process, if it is there and may be looked at.
Result<void> add_row(std::vector<ProcStat>& rows, int directory, int pid) {
  auto row = read_proc_stat(directory, pid);
  if (row) {
    rows.push_back(*std::move(row));
  } else if (row.error().code == Code::system) {
    return row.error();
  }
  return {};
}

}  // namespace

ProcTable::ProcTable(std::vector<ProcStat> rows) : rows_(std::move(rows)), by_parent_(rows_.size()) {
  std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  std::iota(by_parent_.begin(), by_parent_.end(), 0);
  std::stable_sort(by_parent_.begin(), by_parent_.end(),
                   [this](auto a, auto b) { return rows_[a].ppid < rows_[b].ppid; });
}

Result<ProcTable> ProcTable::read_all() {
  auto scan = ProcScan::begin();
  if (!scan) return scan.error();
  const auto done = scan->go_on(std::numeric_limits<int>::max());
  if (!done) return done.error();
  return std::move(*scan).take();
}

Result<ProcScan> ProcScan::begin() {
  Directory proc(opendir("/proc"));
  if (!proc) return proc_error(errno);
  return ProcScan(std::move(proc));
}

Result<bool> ProcScan::go_on(int rows) {
  while (rows > 0) {
    errno = 0;
    const dirent* entry = readdir(proc_.get());
    if (!entry && errno != 0) return proc_error(errno);
    if (!entry) return true;
    const char first = entry->d_name[0];
    if (first < '0' || first > '9') continue;
    const auto pid = parse_int(entry->d_name);
    if (!pid) continue;
    if (const auto added = add_row(rows_, dirfd(proc_.get()), static_cast<int>(*pid)); !added)
      return added.error();
    --rows;
  }
  return false;
}

Result<ProcTable> ProcTable::read(std::span<const int> pids) {
  std::vector<int> wanted(pids.begin(), pids.end());
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::vector<ProcStat> rows;
  for (const int pid : wanted) {
    const auto added = add_row(rows, AT_FDCWD, pid);
    if (!added) return added.error();
  }
  return ProcTable(std::move(rows));
}

const ProcStat* ProcTable::find(int pid) const {
  const auto found =
      std::lower_bound(rows_.begin(), rows_.end(), pid, [](const auto& row, int p) { return row.pid < p; });
  return found != rows_.end() && found->pid == pid ? &*found : nullptr;
}

std::vector<const ProcStat*> ProcTable::children_of(int pid) const {
  std::vector<const ProcStat*> children;
  const auto first = std::lower_bound(by_parent_.begin(), by_parent_.end(), pid,
                                      [this](auto place, int p) { return rows_[place].ppid < p; });
  for (auto at = first; at != by_parent_.end() && rows_[*at].ppid == pid; ++at) {
    children.push_back(&rows_[*at]);
  }
  return children;
}

}  // namespace troupe::os
