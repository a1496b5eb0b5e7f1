#include "daemon/stream/compressor.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "lib/log/log.h"

namespace troupe {

namespace {

constexpr const char* suffix = ".gz";

/// The path that the inode has now, among those that begin with `base.`; empty: none.
std::string find_inode(const std::string& base, dev_t device, ino_t inode) {
  const std::size_t slash = base.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : base.substr(0, slash + 1);
  const std::string start = base.substr(folder.size()) + ".";
  std::string found;
  DIR* const open = opendir(folder.empty() ? "." : folder.c_str());
  if (!open) return found;
  while (const dirent* entry = readdir(open)) {
    struct stat file {};
    if (entry->d_ino != inode || std::strncmp(entry->d_name, start.c_str(), start.size()) != 0) continue;
    const std::string path = folder + entry->d_name;
    if (lstat(path.c_str(), &file) == 0 && file.st_dev == device && file.st_ino == inode) found = path;
  }
  closedir(open);
  return found;
}

/// `gzip -c` between two descriptors; the pid, or minus an errno.
int spawn_gzip(int from, int to) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const char* const argv[] = {"nice", "-n", "10", "gzip", "-c", nullptr};
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, argv[0], &actions, &attributes, const_cast<char* const*>(argv), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -error;
}

}  // namespace

Compressor::~Compressor() {
  if (!running_) return;
  running_->watch.reset();
  running_->pidfd.send_signal(SIGKILL);
  int status = 0;
  waitpid(running_->pid, &status, 0);
  unlink(running_->aside.c_str());
}

void Compressor::add(std::string base, const std::string& rotated) {
  struct stat file {};
  if (lstat(rotated.c_str(), &file) != 0) return;
  jobs_.push_back({std::move(base), file.st_dev, file.st_ino});
  begin();
}

void Compressor::begin() {
  while (!running_ && !jobs_.empty()) {
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (!start(job)) log::warning("a rotated {} is not compressed: {}", job.base, std::strerror(errno));
  }
}

bool Compressor::start(const Job& job) {
  const std::string rotated = find_inode(job.base, job.device, job.inode);
  if (rotated.empty()) return true;  // one too many, and removed
  os::Fd from(open(rotated.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat file {};
  if (!from || fstat(from.get(), &file) != 0) return false;
  const std::string aside = job.base + suffix + ".part";
  os::Fd to(open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, file.st_mode & 0777));
  if (!to) return false;
  // Who may read the one may read the other, as far as we may say so.
  if (fchown(to.get(), file.st_uid, file.st_gid) != 0) log::debug("{}: owner stays", aside);
  const int pid = spawn_gzip(from.get(), to.get());
  if (pid < 0) {
    unlink(aside.c_str());
    errno = -pid;
    return false;
  }
  int error = 0;
  running_ = std::make_unique<Running>(Running{job, aside, pid, os::Pidfd::open(pid, error), nullptr});
  if (!running_->pidfd) {  // an old kernel, or no descriptor left: waiting for it is all that can be done
    int status = 0;
    waitpid(pid, &status, 0);
    finish(*std::exchange(running_, nullptr), status);
    return true;
  }
  running_->watch =
      std::make_unique<loop::FdWatch>(loop_, running_->pidfd.fd(), loop::Ready{.readable = true},
                                      loop::FdWatch::OnReady::to<&Compressor::on_exit>(*this));
  return true;
}

void Compressor::on_exit(loop::Ready) {
  int status = 0;
  if (waitpid(running_->pid, &status, WNOHANG) == 0) return;
  const std::unique_ptr<Running> done = std::move(running_);
  finish(*done, status);
  begin();
}

void Compressor::finish(const Running& done, int status) {
  const std::string now = find_inode(done.job.base, done.job.device, done.job.inode);
  const bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (good && !now.empty() && rename(done.aside.c_str(), (now + suffix).c_str()) == 0) {
    unlink(now.c_str());
    return;
  }
  unlink(done.aside.c_str());
  if (!good) log::warning("{} is not compressed: gzip ended with status {}", now, WEXITSTATUS(status));
}

}  // namespace troupe
