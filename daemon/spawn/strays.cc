#include "daemon/spawn/strays.h"

#include "daemon/core/inputs.h"

namespace troupe {

struct Strays::Stray {
  Strays& strays;
  int pid;
  os::Pidfd pidfd;
  std::unique_ptr<loop::FdWatch> watch;

  void on_ready(loop::Ready) { strays.gone(pid); }  // ends this object
};

Strays::Strays(loop::Loop& loop, OnGone on_gone) : loop_(loop), on_gone_(on_gone) {}
Strays::~Strays() = default;

bool Strays::add(int pid, os::Pidfd pidfd) {
  if (!pidfd || strays_.size() >= core::max_strays) return false;
  auto stray = std::unique_ptr<Stray>(new Stray{*this, pid, std::move(pidfd), {}});
  stray->watch = std::make_unique<loop::FdWatch>(loop_, stray->pidfd.fd(), loop::Ready{.readable = true},
                                                 loop::FdWatch::OnReady::to<&Stray::on_ready>(*stray));
  strays_[pid] = std::move(stray);
  return true;
}

void Strays::gone(int pid) {
  strays_.erase(pid);
  on_gone_(pid);
}

}  // namespace troupe
