#include "daemon/spawn/exit_watch.h"

#include <cerrno>
#include <csignal>
#include <vector>

namespace troupe {

namespace {

constexpr Duration look_again = 100ms;

}  // namespace

struct ExitWatch::Watched {
  ExitWatch& exits;
  int pid;
  os::Pidfd pidfd;
  std::unique_ptr<loop::FdWatch> watch;

  void on_ready(loop::Ready) { exits.gone(pid); }  // ends this object
};

ExitWatch::ExitWatch(loop::Loop& loop, int descriptor_bound, OnExit on_exit)
    : loop_(loop),
      descriptor_bound_(descriptor_bound),
      on_exit_(on_exit),
      again_(loop, Callback<void()>::to<&ExitWatch::look>(*this)) {}

ExitWatch::~ExitWatch() = default;

void ExitWatch::add(int pid) {
  int error = 0;
  auto watched = std::unique_ptr<Watched>(new Watched{*this, pid, os::Pidfd::open(pid, error), {}});
  if (watched->pidfd.fd() >= descriptor_bound_) watched->pidfd = {};
  if (watched->pidfd) {
    watched->watch =
        std::make_unique<loop::FdWatch>(loop_, watched->pidfd.fd(), loop::Ready{.readable = true},
                                        loop::FdWatch::OnReady::to<&Watched::on_ready>(*watched));
  } else {
    again_.set_in(look_again);
  }
  watched_[pid] = std::move(watched);
}

void ExitWatch::forget(int pid) {
  watched_.erase(pid);
}

int ExitWatch::signal(int pid, int signum) const {
  const auto found = watched_.find(pid);
  if (found == watched_.end()) return ESRCH;
  if (found->second->pidfd) return found->second->pidfd.send_signal(signum);
  return ::kill(pid, signum) == 0 ? 0 : errno;
}

void ExitWatch::gone(int pid) {
  watched_.erase(pid);
  on_exit_(
      {.pid = pid, .status = {}, .core_dumped = false, .user_time = {}, .system_time = {}, .max_rss = 0});
}

void ExitWatch::look() {
  std::vector<int> ended;
  bool any = false;
  for (const auto& [pid, watched] : watched_) {
    if (watched->watch) continue;
    any = true;
    if (kill(pid, 0) != 0 && errno == ESRCH) ended.push_back(pid);
  }
  if (any) again_.set_in(look_again);
  for (const int pid : ended) gone(pid);
}

}  // namespace troupe
