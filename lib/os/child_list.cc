#include "lib/os/child_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "lib/os/own_proc.h"
#include "lib/os/proc_stat.h"

namespace troupe::os {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The parent of a process, or 0 when it is gone.
int parent_of(int pid) {
  const auto stat = read_proc_stat(pid);
  return stat ? stat->ppid : 0;
}

}  // namespace

ChildList::ChildList(Fallback fallback) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(syscall(SYS_gettid)));
  file_.reset(open(path, O_RDONLY | O_CLOEXEC));
  if (file_ || fallback == Fallback::none || !proc_is_ours()) return;
  file_.reset(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  searching_ = true;
}

int ChildList::next() {
  if (!file_) return 0;
  return searching_ ? next_found() : next_listed();
}

bool ChildList::refill() {
  if (at_ < end_) return true;
  ssize_t size;
  do {
    size = searching_ ? syscall(SYS_getdents64, file_.get(), buffer_, sizeof buffer_)
                      : read(file_.get(), buffer_, sizeof buffer_);
  } while (size < 0 && errno == EINTR);
  at_ = 0;
  end_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  return end_ > 0;
}

int ChildList::next_listed() {
  int pid = 0;
  while (refill()) {
    const char c = buffer_[at_++];
    if (is_digit(c)) {
      pid = pid * 10 + (c - '0');
    } else if (pid > 0) {
      break;
    }
  }
  return pid;
}

int ChildList::next_found() {
  while (refill()) {
    const auto* entry = reinterpret_cast<const dirent64*>(buffer_ + at_);
    at_ += entry->d_reclen;
    if (!is_digit(entry->d_name[0])) continue;
    const int pid = std::atoi(entry->d_name);
    if (parent_of(pid) == getpid()) return pid;
  }
  return 0;
}

}  // namespace troupe::os
