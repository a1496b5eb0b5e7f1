#pragma once

#include <map>
#include <memory>

#include "lib/base/callback.h"
#include "lib/loop/fd_watch.h"
#include "lib/os/pidfd.h"

namespace troupe {

/// Descendants that outlive their stop because this daemon may not signal them, until they end by themselves.
/// At most core::max_strays.
class Strays {
 public:
  using OnGone = Callback<void(int pid)>;

  Strays(loop::Loop& loop, OnGone on_gone);
  ~Strays();

  /// False: it is not watched, since there are too many, or there is no descriptor for it.
  bool add(int pid, os::Pidfd pidfd);

 private:
  struct Stray;
  void gone(int pid);

  loop::Loop& loop_;
  OnGone on_gone_;
  std::map<int, std::unique_ptr<Stray>> strays_;
};

}  // namespace troupe
