#include "daemon/spawn/leftovers.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>
#include <vector>

#include "daemon/spawn/cgroups.h"
#include "daemon/spawn/tree_scan.h"
#include "lib/log/log.h"
#include "lib/os/cgroup.h"
#include "lib/os/pidfd.h"

namespace troupe {

namespace {

constexpr int grace_ms = 2000;
constexpr int death_ms = 1000;    // from SIGKILL to the end of what is not in the kernel
constexpr int most_rounds = 10;   // who forks faster than this is told of and left
constexpr std::size_t told = 20;  // pids in a line of the log

std::set<int> find_leftovers(const std::string& boot, const std::string& cgroup_parent) {
  std::set<int> pids;
  const os::Fd parent(cgroup_parent.empty() ? -1 : open(cgroup_parent.c_str(), O_DIRECTORY | O_CLOEXEC));
  if (parent) {
    for (const int pid : os::cgroup_processes(parent.get(), Cgroups::name_of(boot))) pids.insert(pid);
  }
  TreeScan scan(boot);
  if (const auto rows = scan.scan({})) {
    for (const TreeRow& row : *rows) {
      if (row.tag != 0) pids.insert(row.pid);
    }
  }
  return pids;
}

std::string text_of(const std::set<int>& pids) {
  std::string text;
  std::size_t count = 0;
  for (const int pid : pids) {
    if (++count > told) return text + ", ...";
    text += (text.empty() ? "" : ", ") + std::to_string(pid);
  }
  return text;
}

/// Signals them all and waits for their ends, no longer than so many milliseconds.
void signal_and_wait(const std::set<int>& pids, int signum, int milliseconds) {
  std::vector<os::Pidfd> processes;
  for (const int pid : pids) {
    int error = 0;
    os::Pidfd process = os::Pidfd::open(pid, error);
    if (!process) continue;
    process.send_signal(signum);
    process.send_signal(SIGCONT);
    processes.push_back(std::move(process));
  }
  const Instant until = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  for (const os::Pidfd& process : processes) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd end{process.fd(), POLLIN, 0};
    poll(&end, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  }
}

/// Its environment is that of one of them: whoever started it would be ended.
bool is_one_of_them(const std::string& boot) {
  const char* const id = std::getenv("TROUPE_ID");
  return id && std::string_view(id).starts_with(boot + ".");
}

}  // namespace

void end_leftovers(const std::string& boot, const std::string& cgroup_parent) {
  std::set<int> pids = find_leftovers(boot, cgroup_parent);
  if (pids.empty()) return;
  if (is_one_of_them(boot)) {
    log::warning(
        "an earlier daemon was killed, and what it had started still runs: pid {}; this daemon was "
        "started from one of them, so they are left alone",
        text_of(pids));
    return;
  }
  log::warning("an earlier daemon was killed, and what it had started still runs; it is ended: pid {}",
               text_of(pids));
  signal_and_wait(pids, SIGTERM, grace_ms);
  for (int round = 0; round < most_rounds; ++round) {
    pids = find_leftovers(boot, cgroup_parent);
    if (pids.empty()) return;
    signal_and_wait(pids, SIGKILL, death_ms);
  }
  if (pids = find_leftovers(boot, cgroup_parent); !pids.empty())
    log::error("processes of an earlier daemon could not be ended: pid {}", text_of(pids));
}

}  // namespace troupe
