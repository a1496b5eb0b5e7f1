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
  std::unique_ptr<loop::FdWatch> watch;

  void on_ready(loop::Ready) { exits.gone(pid); }  // ends this object
};

ExitWatch::ExitWatch(loop::Loop& loop, OnExit on_exit)
    : loop_(loop), on_exit_(on_exit), again_(loop, Callback<void()>::to<&ExitWatch::look>(*this)) {}

ExitWatch::~ExitWatch() = default;

void ExitWatch::add(int pid, int pidfd) {
  auto watched = std::unique_ptr<Watched>(new Watched{*this, pid, {}});
  if (pidfd >= 0) {
    watched->watch =
        std::make_unique<loop::FdWatch>(loop_, pidfd, loop::Ready{.readable = true},
                                        loop::FdWatch::OnReady::to<&Watched::on_ready>(*watched));
  } else {
    again_.set_in(look_again);
  }
  watched_[pid] = std::move(watched);
}

void ExitWatch::forget(int pid) {
  watched_.erase(pid);
}

void ExitWatch::gone(int pid) {
  watched_.erase(pid);  // and its watch, before the pidfd is closed
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
