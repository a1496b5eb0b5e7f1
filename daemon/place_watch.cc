#include "daemon/place_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace troupe {

namespace {

std::uint64_t inode_of(const std::string& path) {
  struct stat file {};
  return lstat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

}  // namespace

void PlaceWatch::add(const std::string& path, const std::string& path_when_shut) {
  if (!events_) {
    events_.reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!events_) return;
    watch_ = std::make_unique<loop::FdWatch>(loop_, events_.get(), loop::Ready{.readable = true},
                                             loop::FdWatch::OnReady::to<&PlaceWatch::on_events>(*this));
  }
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  // Of a socket that is bound the last link goes with IN_ATTRIB: its inode lives on with the socket.
  inotify_add_watch(events_.get(), path.c_str(), IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
  inotify_add_watch(events_.get(), folder.empty() ? "." : folder.c_str(),
                    IN_ONLYDIR | IN_MOVE_SELF | IN_DELETE_SELF);
  places_.push_back({path, path_when_shut, inode_of(path)});
}

bool PlaceWatch::is_there(const Place& place) const {
  return inode_of(place.path) == place.inode || inode_of(place.shut) == place.inode;
}

/// What happened does not matter, only what is there now.
void PlaceWatch::on_events(loop::Ready) {
  alignas(inotify_event) char buffer[4096];
  while (read(events_.get(), buffer, sizeof buffer) > 0) {
  }
  for (Place& place : std::exchange(places_, {})) {
    if (is_there(place)) {
      places_.push_back(std::move(place));
    } else {
      on_gone_(place.path);
    }
  }
}

}  // namespace troupe
