#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/callback.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/loop.h"
#include "lib/os/fd.h"

namespace troupe {

/// Notices that the file of an endpoint is gone, with its folder or alone (inotify(7)): somebody cleared
/// run_dir under a daemon that runs. No client finds it any more, and a second daemon would see nothing that
/// keeps it from starting. What happens to other files in the folder wakes nobody. Where inotify is not to be
/// had nothing is noticed.
class PlaceWatch {
 public:
  /// The path that is gone; once for each.
  using OnGone = Callback<void(const std::string& path)>;

  PlaceWatch(loop::Loop& loop, OnGone on_gone) : loop_(loop), on_gone_(on_gone) {}

  /// The file is there now. A shut endpoint has it under another name (BoundEndpoint), which is no loss.
  void add(const std::string& path, const std::string& path_when_shut);

 private:
  struct Place {
    std::string path, shut;
    std::uint64_t inode;
  };

  void on_events(loop::Ready);
  bool is_there(const Place& place) const;

  loop::Loop& loop_;
  OnGone on_gone_;
  os::Fd events_;
  std::vector<Place> places_;
  std::unique_ptr<loop::FdWatch> watch_;
};

}  // namespace troupe
