#include "daemon/spawn/cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/log/log.h"
#include "lib/os/cgroup.h"

namespace troupe {

namespace {

constexpr std::string_view prefix = "troupe-";

os::Fd open_directory(int parent, const std::string& path) {
  return os::Fd(openat(parent, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

std::string Cgroups::name_of(const std::string& boot) {
  return std::string(prefix) + boot;
}

Cgroups::Cgroups(loop::Loop& loop, const std::string& parent, const std::string& boot) {
  if (parent.empty()) return;
  parent_ = open_directory(AT_FDCWD, parent);
  // Who moves a process between two cgroups must be allowed to write to that of their common parent.
  if (!parent_ || faccessat(parent_.get(), "cgroup.procs", W_OK, AT_EACCESS) != 0) return;
  name_ = name_of(boot);
  path_ = parent + "/" + name_;
  remove_leftovers(parent_.get(), name_);
  if (mkdirat(parent_.get(), name_.c_str(), 0755) != 0 && errno != EEXIST) {
    log::debug("no cgroups: mkdir {}: {}", path_, std::strerror(errno));
    return;
  }
  os::Fd directory = open_directory(parent_.get(), name_);
  if (!directory || flock(directory.get(), LOCK_EX | LOCK_NB) != 0) return;
  // A daemon that started at the same time may have taken it for a leftover, before the lock.
  if (faccessat(parent_.get(), name_.c_str(), F_OK, 0) != 0) return;
  events_.reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!events_) return;
  watch_ = std::make_unique<loop::FdWatch>(loop, events_.get(), loop::Ready{.readable = true},
                                           loop::FdWatch::OnReady::to<&Cgroups::on_events>(*this));
  has_kill_ = faccessat(directory.get(), "cgroup.kill", W_OK, AT_EACCESS) == 0;
  directory_ = std::move(directory);
  log::debug("every process gets a cgroup in {}", path_);
}

Cgroups::~Cgroups() {
  if (!directory_) return;
  for (const auto& [process, watch] : made_) os::remove_cgroup(directory_.get(), std::to_string(process));
  // What is not empty is for the next daemon to remove.
  os::remove_cgroup(parent_.get(), name_);
}

/// Directories of daemons that are gone: nobody holds their lock.
void Cgroups::remove_leftovers(int parent, const std::string& own) {
  const int again = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const list = again >= 0 ? fdopendir(again) : nullptr;
  if (list == nullptr) return;
  while (const dirent* entry = readdir(list)) {
    const std::string name = entry->d_name;
    if (!name.starts_with(prefix) || name == own) continue;
    const os::Fd other = open_directory(parent, name);
    if (!other || flock(other.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (os::remove_cgroup(parent, name)) continue;
    std::string pids;
    for (const int pid : os::cgroup_processes(parent, name)) pids += " " + std::to_string(pid);
    log::warning("what another daemon had started outlived it, in cgroup {}: pid{}", name, pids);
  }
  closedir(list);
}

os::Fd Cgroups::make(core::ProcessId process) {
  if (!usable() || gave_up_) return {};
  const std::string name = std::to_string(process);
  if (mkdirat(directory_.get(), name.c_str(), 0755) != 0 && errno != EEXIST) {
    give_up(errno);
    return {};
  }
  os::Fd cgroup = open_directory(directory_.get(), name);
  if (cgroup) {
    made_[process] = 0;
  } else {
    os::remove_cgroup(directory_.get(), name);  // no descriptor left: this process goes without
  }
  return cgroup;
}

void Cgroups::give_up(int error) {
  if (gave_up_) return;
  gave_up_ = true;
  log::warning("no further cgroups below {}: {}; descendants are found by session, parents and TROUPE_ID",
               path_, std::strerror(error));
}

std::vector<int> Cgroups::processes_of(core::ProcessId process) const {
  if (made_.count(process) == 0) return {};
  return os::cgroup_processes(directory_.get(), std::to_string(process));
}

bool Cgroups::kill(core::ProcessId process) {
  if (!can_kill(process)) return false;
  const std::string name = std::to_string(process) + "/cgroup.kill";
  const os::Fd file(openat(directory_.get(), name.c_str(), O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), "1", 1) == 1;
}

bool Cgroups::remove(core::ProcessId process) {
  const auto found = made_.find(process);
  if (found == made_.end()) return true;
  if (!os::remove_cgroup(directory_.get(), std::to_string(process))) return false;
  if (found->second > 0) {
    by_watch_.erase(found->second);
    inotify_rm_watch(events_.get(), found->second);  // gone with the file, most likely
  }
  made_.erase(found);
  return true;
}

void Cgroups::release(core::ProcessId process) {
  if (remove(process)) return;
  const std::string file = path_ + "/" + std::to_string(process) + "/cgroup.events";
  const int watch = inotify_add_watch(events_.get(), file.c_str(), IN_MODIFY);
  if (watch > 0) {
    made_[process] = watch;
    by_watch_[watch] = process;
  }
  remove(process);  // it may have become empty before the watch
}

void Cgroups::on_events(loop::Ready) {
  alignas(inotify_event) char buffer[4096];
  for (;;) {
    const ssize_t size = read(events_.get(), buffer, sizeof buffer);
    if (size <= 0) return;
    for (const char* at = buffer; at < buffer + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      at += sizeof event + event.len;
      const auto found = by_watch_.find(event.wd);
      if (found != by_watch_.end()) remove(found->second);
    }
  }
}

}  // namespace troupe
