#include "lib/os/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/os/fd.h"

namespace troupe::os {

namespace {

Error error_of(int number, const std::string& path) {
  const Code code = number == ENOENT || number == ESRCH   ? Code::not_found
                    : number == EACCES || number == EPERM ? Code::refused
                                                          : Code::system;
  return make_error(code, path + ": " + std::strerror(number));
}

std::string path_of(int pid, std::string_view name) {
  std::string path = "/proc/";
  return path.append(std::to_string(pid)).append("/").append(name);
}

}  // namespace

Result<std::string_view> read_proc_file(int directory, int pid, std::string_view name,
                                        std::span<char> buffer) {
  std::string path = directory == AT_FDCWD ? "/proc/" : "";
  path.append(std::to_string(pid)).append("/").append(name);
  const Fd file(openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return error_of(errno, path);

  ssize_t length = 0;
  // The kernel gives such a file in one piece as far as the buffer holds it, so there is nothing to read on.
  do {
    length = read(file.get(), buffer.data(), buffer.size());
  } while (length < 0 && errno == EINTR);
  if (length < 0) return error_of(errno, path);
  return std::string_view(buffer.data(), static_cast<std::size_t>(length));
}

bool ProcFile::keep_open() {
  file_.reset(open(path_of(pid_, name_).c_str(), O_RDONLY | O_CLOEXEC));
  return bool(file_);
}

Result<std::string_view> ProcFile::read(std::span<char> buffer) const {
  if (!file_) return read_proc_file(AT_FDCWD, pid_, name_, buffer);
  const ssize_t length = pread(file_.get(), buffer.data(), buffer.size(), 0);
  if (length < 0) return error_of(errno, path_of(pid_, name_));
  return std::string_view(buffer.data(), static_cast<std::size_t>(length));
}

std::optional<std::string> read_whole_file(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string text;
  char piece[4096];
  for (;;) {
    const ssize_t size = read(file.get(), piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(piece, static_cast<std::size_t>(size));
  }
}

}  // namespace troupe::os
