#include "lib/os/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace troupe::os {

namespace {

Error error_of(int number, const std::string& path) {
  const Code code = number == ENOENT || number == ESRCH   ? Code::not_found
                    : number == EACCES || number == EPERM ? Code::refused
                                                          : Code::system;
  return make_error(code, path + ": " + std::strerror(number));
}

}  // namespace

Result<std::string_view> read_proc_file(int directory, int pid, std::string_view name,
                                        std::span<char> buffer) {
  std::string path = directory == AT_FDCWD ? "/proc/" : "";
  path.append(std::to_string(pid)).append("/").append(name);
  const int fd = openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error_of(errno, path);

  ssize_t length = 0;
  // The kernel gives such a file in one piece as far as the buffer holds it, so there is nothing to read on.
  do {
    length = read(fd, buffer.data(), buffer.size());
  } while (length < 0 && errno == EINTR);
  const int error = length < 0 ? errno : 0;
  close(fd);
  if (error != 0) return error_of(error, path);
  return std::string_view(buffer.data(), static_cast<std::size_t>(length));
}

}  // namespace troupe::os
