#include "lib/log/line_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "lib/os/prompt_write.h"

namespace troupe::log {

namespace {

int open_file(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
}

/// SIGPIPE is held back while a line is written, and one that came is taken away, so that a reader who left
/// does not end us; children inherit nothing of this, as they would an ignored signal.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigpipe() {
    const int error = errno;
    const timespec at_once{};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }

 private:
  sigset_t pipe_, before_;
  bool was_pending_;
};

bool write_piece(int fd, std::string_view& text) {
  const ssize_t written = os::write_promptly(fd, text);
  if (written < 0) return errno == EINTR;
  text.remove_prefix(static_cast<std::size_t>(written));
  return written > 0;
}

}  // namespace

Result<LineFile> LineFile::open(const std::string& path) {
  const int fd = open_file(path);
  if (fd < 0) return make_error(Code::system, "open " + path + ": " + std::strerror(errno));
  return LineFile(fd, path);
}

LineFile::LineFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

LineFile::~LineFile() {
  if (!path_.empty()) close(fd_);
}

LineFile::LineFile(LineFile&& other) noexcept
    : fd_(std::exchange(other.fd_, 2)),
      path_(std::exchange(other.path_, {})),
      next_look_(other.next_look_),
      dropped_(other.dropped_),
      half_(other.half_) {}

LineFile& LineFile::operator=(LineFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(next_look_, other.next_look_);
  std::swap(dropped_, other.dropped_);
  std::swap(half_, other.half_);
  return *this;
}

void LineFile::reopen_when_moved() {
  const Instant now = std::chrono::steady_clock::now();
  if (path_.empty() || now < next_look_) return;
  next_look_ = now + 1s;
  struct stat named, ours;
  if (stat(path_.c_str(), &named) == 0 && fstat(fd_, &ours) == 0 && named.st_ino == ours.st_ino &&
      named.st_dev == ours.st_dev) {
    return;
  }
  const int fd = open_file(path_);
  if (fd < 0) return;  // the old file is better than none
  close(fd_);
  fd_ = fd;
  half_ = false;
}

/// Takes from the text what it wrote; false when there is no room for the rest.
bool LineFile::put(std::string_view& text) {
  while (!text.empty()) {
    const std::size_t before = text.size();
    const bool written = write_piece(fd_, text);
    if (text.size() < before) half_ = !text.empty();
    if (!written) return false;
  }
  return true;
}

/// So that what comes next is a line of its own.
bool LineFile::end_half_line() {
  std::string_view end = " [...]\n";
  return !half_ || put(end);
}

void LineFile::write(std::string_view line) {
  reopen_when_moved();
  const NoSigpipe guard;
  if (!end_half_line()) {
    ++dropped_;
    return;
  }
  // In one piece with the line: alone it would fit where no line does, again and again.
  std::string noted;
  std::string_view rest = line;
  if (dropped_ > 0) {
    noted = std::to_string(dropped_) + " log lines were dropped here: no room\n";
    noted += line;
    rest = noted;
  }
  const bool all = put(rest);
  const bool is_told = noted.empty() || rest.size() <= line.size();
  dropped_ = (is_told ? 0 : dropped_) + (all ? 0 : 1);
}

}  // namespace troupe::log
