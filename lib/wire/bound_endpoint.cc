#include "lib/wire/bound_endpoint.h"

#include <linux/filter.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "lib/wire/endpoint.h"
#include "lib/wire/socket.h"
#include "lib/wire/who_listens.h"

namespace troupe::wire {

namespace {

/// Whether somebody accepts connections at this path: only asking tells a live owner from a dead one's file.
bool is_alive(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool alive = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
                     errno == EAGAIN;  // its queue of connections is full
  close(fd);
  return alive;
}

std::string aside(const std::string& path) {
  return path + ".shut";
}

/// One that was killed while it was shut left its file there; nobody else makes one of that name.
void clear_aside(const std::string& path) {
  struct stat file;
  const std::string left = aside(path);
  if (lstat(left.c_str(), &file) == 0 && S_ISSOCK(file.st_mode)) unlink(left.c_str());
}

/// Leaves nothing at the path, or says why it must stay. We hold the lock, so an owner is none of ours.
Result<void> clear(const std::string& endpoint, const std::string& path) {
  struct stat file;
  if (lstat(path.c_str(), &file) != 0) return {};
  if (!S_ISSOCK(file.st_mode)) {
    return make_error(Code::refused, endpoint + ": the file is there and is no socket");
  }
  if (is_alive(path))
    return make_error(Code::refused, endpoint + " is " + os::taken_text(who_listens(endpoint)));
  if (unlink(path.c_str()) != 0) {
    return make_error(Code::system, "remove the old " + path + ": " + std::strerror(errno));
  }
  return {};
}

Result<void> bind_ipc(Socket& socket, const std::string& endpoint, const std::string& path,
                      const BindOptions& options) {
  if (const auto cleared = clear(endpoint, path); !cleared) return cleared;
  clear_aside(path);
  // libzmq makes the file with 0777 minus umask; setting its mode afterwards would leave a gap.
  const mode_t before = umask(~options.mode & 0777);
  const Result<void> bound = socket.bind(endpoint);
  umask(before);
  if (!bound) return bound;
  const bool to_others = options.owner >= 0 || options.group >= 0;
  if (to_others &&
      chown(path.c_str(), static_cast<uid_t>(options.owner), static_cast<gid_t>(options.group)) != 0) {
    const std::string whom = options.owner >= 0 ? "user " + std::to_string(options.owner)
                                                : "group " + std::to_string(options.group);
    const Error error =
        make_error(Code::system, "give " + path + " to " + whom + ": " + std::strerror(errno));
    unlink(path.c_str());
    return error;
  }
  return {};
}

/// The number of a file, which nobody else has while it is there; 0: there is none.
ino_t file_number(const std::string& path) {
  struct stat file;
  return lstat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

}  // namespace

Result<BoundEndpoint> BoundEndpoint::bind(Socket& socket, const std::string& endpoint,
                                          const BindOptions& options) {
  Result<EndpointLock> lock = EndpointLock::take(endpoint);
  if (!lock) return lock.error();
  if (const auto path = ipc_path(endpoint)) {
    if (const auto bound = bind_ipc(socket, endpoint, *path, options); !bound) return bound.error();
    return BoundEndpoint(*std::move(lock), endpoint, *path);
  }
  if (const auto bound = socket.bind(endpoint); !bound) {
    if (bound.error().code != Code::refused) return bound.error();
    return make_error(Code::refused, endpoint + " is " + os::taken_text(who_listens(endpoint)));
  }
  return BoundEndpoint(*std::move(lock), socket.last_endpoint(), {});
}

BoundEndpoint::BoundEndpoint(EndpointLock lock, std::string name, std::string path)
    : lock_(std::move(lock)),
      name_(std::move(name)),
      path_(std::move(path)),
      file_number_(path_.empty() ? 0 : file_number(path_)) {}

BoundEndpoint::~BoundEndpoint() {
  if (path_.empty()) return;
  const std::string path = shut_ ? aside(path_) : path_;
  // The folder may have been cleared meanwhile, and another daemon have bound its own there.
  if (file_number(path) == file_number_) unlink(path.c_str());
}

BoundEndpoint::BoundEndpoint(BoundEndpoint&& other) noexcept
    : lock_(std::move(other.lock_)),
      name_(std::move(other.name_)),
      path_(std::exchange(other.path_, {})),
      file_number_(other.file_number_),
      shut_(other.shut_) {}

BoundEndpoint& BoundEndpoint::operator=(BoundEndpoint&& other) noexcept {
  std::swap(lock_, other.lock_);
  std::swap(name_, other.name_);
  std::swap(path_, other.path_);
  std::swap(file_number_, other.file_number_);
  std::swap(shut_, other.shut_);
  return *this;
}

std::string BoundEndpoint::path_when_shut() const {
  return aside(path_);
}

void BoundEndpoint::shut(int listener) {
  if (std::exchange(shut_, true)) return;
  if (!path_.empty()) {
    std::rename(path_.c_str(), aside(path_).c_str());
  } else if (listener >= 0) {
    sock_filter nothing_passes = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &nothing_passes};
    setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  }
}

void BoundEndpoint::reopen(int listener) {
  if (!std::exchange(shut_, false)) return;
  if (!path_.empty()) {
    std::rename(aside(path_).c_str(), path_.c_str());
  } else if (listener >= 0) {
    const int unused = 0;
    setsockopt(listener, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
  }
}

}  // namespace troupe::wire
