#include "daemon/pid_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "lib/base/text.h"
#include "lib/os/fd.h"
#include "lib/os/own_proc.h"
#include "lib/os/pidfd.h"
#include "lib/os/system_error.h"

namespace troupe {

namespace {

/// How long a start waits for a daemon that may be about to leave.
constexpr int moment_ms = 2000;

constexpr int most_pids = 1 << 22;  // the kernel's PID_MAX_LIMIT

/// What stands in the file without blanks around it, as far as a pid file could have it.
std::string read_text(int fd) {
  char text[32];
  const ssize_t size = pread(fd, text, sizeof text, 0);
  return size > 0 ? std::string(trim(std::string_view(text, static_cast<std::size_t>(size)))) : "";
}

/// The pid in the file, or 0.
int read_pid(int fd) {
  const auto pid = parse_int(read_text(fd));
  return pid && *pid > 0 && *pid < most_pids ? static_cast<int>(*pid) : 0;
}

bool is_alive(int pid) {
  if (kill(pid, 0) != 0 && errno != EPERM) return false;
  int error = 0;
  const os::Pidfd process = os::Pidfd::open(pid, error);
  return !process || !process.gone();
}

Error no_pid_file(const std::string& path, const std::string& what) {
  return make_error(Code::refused, "pid file '" + path + "' " + what +
                                       ": it is left as it is; name another file, or remove this one");
}

/// Only what an earlier start wrote is written over, and removed at the end.
Result<void> check_pid_file(const std::string& path, int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return os::system_error("stat", path, errno);
  if (!S_ISREG(info.st_mode)) return no_pid_file(path, "is no regular file");
  const std::string text = read_text(fd);
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  if (is_number && info.st_size < 32) return {};
  return no_pid_file(path, "holds something else than a pid");
}

/// Opens the file and locks it, so that two starts at once see one after the other what it says; again when
/// it was removed meanwhile.
Result<os::Fd> open_locked(const std::string& path, int flags) {
  for (;;) {
    os::Fd file(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0644));
    if (!file && errno == ELOOP) return no_pid_file(path, "is a symbolic link");
    if (!file) return os::system_error("open", path, errno);
    while (flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return os::system_error("flock", path, errno);
    }
    struct stat ours;
    struct stat named;
    if (fstat(file.get(), &ours) == 0 && lstat(path.c_str(), &named) == 0 && ours.st_ino == named.st_ino &&
        ours.st_dev == named.st_dev)
      return file;
  }
}

/// What the process is called; empty when it is gone or /proc does not say.
std::string name_of(int pid) {
  if (!os::proc_is_ours()) return {};
  const os::Fd file(open(("/proc/" + std::to_string(pid) + "/comm").c_str(), O_RDONLY | O_CLOEXEC));
  char text[32];
  const ssize_t size = file ? read(file.get(), text, sizeof text) : 0;
  return size > 0 ? std::string(trim(std::string_view(text, static_cast<std::size_t>(size)))) : "";
}

Error taken_error(const std::string& path, int pid, const std::string& name) {
  return make_error(Code::refused, "pid file '" + path + "' is taken: it names the living process " +
                                       std::to_string(pid) + (name.empty() ? "" : " (" + name + ")") +
                                       "; stop that or remove the file");
}

/// The number of a daemon that is gone may be another program's now. One whose name is not told may be a
/// daemon.
bool may_be_daemon(const std::string& name) {
  return name.empty() || name == "trouped" || name == "circusd";
}

/// A daemon that has answered `quit` is gone a moment later.
void wait_for_end(int pid) {
  int error = 0;
  const os::Pidfd process = os::Pidfd::open(pid, error);
  pollfd ended{process.fd(), POLLIN, 0};
  if (process) (void)poll(&ended, 1, moment_ms);
}

}  // namespace

Result<PidFile> PidFile::claim(std::string path) {
  auto file = open_locked(path, O_RDWR | O_CREAT);
  if (!file) return file.error();
  if (auto good = check_pid_file(path, file->get()); !good) return good.error();
  const int own = getpid();
  const auto owner = [&] {
    const int named = read_pid(file->get());
    return named != own && named != 0 && is_alive(named) && may_be_daemon(name_of(named)) ? named : 0;
  };
  if (const int named = owner(); named != 0) {
    file->reset();  // it needs the lock to remove the file
    wait_for_end(named);
    file = open_locked(path, O_RDWR | O_CREAT);
    if (!file) return file.error();
    if (auto good = check_pid_file(path, file->get()); !good) return good.error();
  }
  if (const int named = owner(); named != 0) return taken_error(path, named, name_of(named));

  const std::string text = std::to_string(own) + "\n";
  if (ftruncate(file->get(), 0) != 0) return os::system_error("truncate", path, errno);
  if (pwrite(file->get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return os::system_error("write", path, errno);
  if (fchmod(file->get(), 0644) != 0) return os::system_error("chmod", path, errno);
  // Absolute: at the end the working directory may be another.
  if (path.front() != '/') {
    char directory[4096];
    if (getcwd(directory, sizeof directory) != nullptr) path = std::string(directory) + "/" + path;
  }
  return PidFile(std::move(path), own);
}

PidFile::PidFile(PidFile&& other) noexcept : path_(std::move(other.path_)), pid_(other.pid_) {
  other.pid_ = 0;
}

PidFile::~PidFile() {
  if (pid_ == 0 || pid_ != getpid()) return;
  auto file = open_locked(path_, O_RDWR);
  if (file && read_pid(file->get()) == pid_) unlink(path_.c_str());
}

}  // namespace troupe
