#include "daemon/boot_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/base/text.h"
#include "lib/log/log.h"
#include "lib/os/fd.h"

namespace troupe {

namespace {

constexpr std::size_t boot_size = 16;

bool is_boot(std::string_view text) {
  return text.size() == boot_size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string BootFile::previous() const {
  if (path_.empty()) return {};
  const os::Fd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  // Of somebody else's it could name a daemon that lives.
  if (!file || fstat(file.get(), &info) != 0 || info.st_uid != geteuid() || !S_ISREG(info.st_mode)) return {};
  char text[boot_size + 8];
  const ssize_t size = read(file.get(), text, sizeof text);
  if (size <= 0) return {};
  const std::string boot(trim(std::string_view(text, static_cast<std::size_t>(size))));
  return is_boot(boot) ? boot : "";
}

void BootFile::write(const std::string& boot) const {
  if (path_.empty()) return;
  const std::string text = boot + "\n";
  const os::Fd file(
      open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return;
  log::warning("{} cannot be written ({}): a start after this daemon was killed would not know its processes",
               path_, std::strerror(errno));
}

void BootFile::remove() const {
  if (!path_.empty()) unlink(path_.c_str());
}

}  // namespace troupe
