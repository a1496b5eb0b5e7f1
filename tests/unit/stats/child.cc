#include "tests/unit/stats/child.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "lib/os/proc_stat.h"

Child::Child(Life life, const char* comm) {
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  pid_ = fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, comm);
    close(ready[0]);
    close(ready[1]);
    while (life == Life::waits) pause();
    _exit(0);
  }
  close(ready[1]);
  char end = 0;
  REQUIRE(read(ready[0], &end, 1) == 0);
  close(ready[0]);
  siginfo_t info{};
  if (life == Life::ends) {
    REQUIRE(waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0);
    return;
  }
  // As long as it runs its sizes change.
  while (true) {
    const auto stat = troupe::os::read_proc_stat(pid_);
    REQUIRE(stat);
    if (stat->state == 'S') break;
    sched_yield();
  }
}

void Child::reap() {
  if (reaped_) return;
  reaped_ = true;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

troupe::Value Counted::infos(std::vector<troupe::WatcherProcesses> watchers) {
  using From = troupe::Collector::Family::From;
  const auto table = troupe::os::ProcTable::read_all();
  troupe::Collector::Family family{kernel_lists ? From::kernel : From::table, table ? &*table : nullptr};
  if (!table) family.from = From::nowhere;
  troupe::Survey survey("", std::move(watchers));
  while (!collector.go_on(survey, family, {})) {
  }
  return survey.infos;
}

troupe::Value Counted::info(const troupe::stats::WatchedProcess& process) {
  const troupe::Value all = infos({{"one", {process}}});
  return all.as_object()->front().value.as_object()->front().value;
}
