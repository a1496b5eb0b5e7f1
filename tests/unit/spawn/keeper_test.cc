#include <set>

#include "daemon/keeper.h"
#include "daemon/spawn/spawner.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/timer_watch.h"
#include "tests/unit/keeper/fixture.h"
#include "tests/unit/spawn/fixture.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Loop, keeper link and spawner as the daemon joins them.
class Arbiter : public ProcessListener {
 public:
  explicit Arbiter(KeeperLink& link)
      : link_(link),
        spawner(loop, {.parent = SpawnerOptions::Parent::keeper,
                       .boot = link.boot(),
                       .descriptor_limit = link.original_descriptor_limit()}),
        watch_(loop, link.fd(), {.readable = true},
               Callback<void(loop::Ready)>::to<&Arbiter::on_news>(*this)) {
    spawner.listen(*this);
  }

  void on_news(loop::Ready) {
    const auto news = link_.read();
    for (const Exit& exit : news.exits) on_exit(exit);
    if (!news.keeper_gone) return;
    keeper_gone = true;
    watch_.set_interest({});
    spawner.on_keeper_gone(Callback<void(const Exit&)>::to<&Arbiter::on_exit>(*this));
    for (const core::ProcessId id : {1, 2})
      spawner.signal({.process = id, .pid = 0, .signum = SIGKILL, .reach = core::Reach::tree, .watch = true});
    // The keeper's socket closes a moment before its children are handed on, so this one finds its parent
    // gone or runs after all; either way its end is told once.
    if (late) spawner.spawn(Company::make(late_id, {"true"}));
  }
  void on_exit(const Exit& exit) {
    const auto id = spawner.on_exit(exit);
    if (id == late_id) ++late_ends;
    const bool good = keeper_gone ? !exit.status : exit.status == 0;
    if (id != 0 && good) exited.insert(id);
    link_.ack(exit.pid);
    if (exited.size() + gone.size() == wanted) loop.stop();
  }
  void on_spawned(core::ProcessId process, int pid, Instant) override { spawned[process] = pid; }
  void on_spawn_failed(core::ProcessId process, const SpawnFailure&) override {
    ++failed;
    if (process == late_id) ++late_ends;
    loop.stop();
  }
  void on_signalled(core::ProcessId, int, int) override {}
  void on_stray(core::ProcessId, int) override {}
  void on_stray_gone(int) override {}
  void on_tree_gone(core::ProcessId process) override {
    gone.insert(process);
    if (exited.size() + gone.size() == wanted) loop.stop();
  }

  static constexpr core::ProcessId late_id = 3;
  KeeperLink& link_;
  loop::Loop loop;
  ProcessSpawner spawner;
  std::map<core::ProcessId, int> spawned;
  std::set<core::ProcessId> exited;
  std::set<core::ProcessId> gone;
  std::size_t wanted = 0;
  int failed = 0;
  bool keeper_gone = false;
  bool late = false;
  int late_ends = 0;

 private:
  loop::FdWatch watch_;
};

}  // namespace

TEST_CASE("under the keeper the processes are its children, and every exit finds its process") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    Arbiter arbiter(link);
    arbiter.wanted = 200;
    for (core::ProcessId id = 1; id <= 200; ++id)
      arbiter.spawner.spawn(
          Company::make(id, {"sh", "-c", "test $PPID = " + std::to_string(link.keeper_pid())}));
    arbiter.loop.run();
    write_line(out, std::to_string(arbiter.exited.size()) + " " + std::to_string(arbiter.failed));
    link.done(0);
  });
  CHECK(keeper.line() == "200 0");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("under the keeper a whole tree is ended, double-forked descendants included") {
  const Scratch scratch;
  Lines lines(scratch);
  KeeperRun keeper([&](KeeperLink& link, int out) {
    Arbiter arbiter(link);
    arbiter.wanted = 1;
    arbiter.spawner.spawn(Company::make(
        1, {child_program, "--plain", lines.path(), "--setsid", lines.path(), "--daemon", lines.path()}));
    std::vector<int> pids;
    for (int i = 0; i < 3; ++i) pids.push_back(lines.next_number());
    arbiter.spawner.signal(
        {.process = 1, .pid = 0, .signum = SIGTERM, .reach = core::Reach::tree, .watch = true});
    arbiter.loop.run();
    write_line(out, std::count_if(pids.begin(), pids.end(), is_alive) == 0 ? "gone" : "left");
    link.done(0);
  });
  CHECK(keeper.line() == "gone");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("when the keeper is killed its processes get their death signal") {
  const Scratch scratch;
  Lines lines(scratch);
  KeeperRun keeper([&](KeeperLink& link, int out) {
    Arbiter arbiter(link);
    arbiter.spawner.spawn(Company::make(1, {child_program, "--plain", lines.path()}));
    write_line(out, "up");
    wait_for_news(link, [](const auto&) { return false; });
    write_line(out, "alone");
  });
  CHECK(keeper.line() == "up");
  const int grandchild = lines.next_number();
  const int child = os::read_proc_stat(grandchild)->ppid;
  const os::Fd watched(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  kill(keeper.pid(), SIGKILL);
  CHECK(keeper.wait() == -SIGKILL);
  CHECK(keeper.line() == "alone");
  pollfd gone{watched.get(), POLLIN, 0};
  CHECK(poll(&gone, 1, 20'000) == 1);
  kill(grandchild, SIGKILL);
}

TEST_CASE("when the keeper is killed the arbiter can still end everything and see that it is gone") {
  const Scratch scratch;
  Lines lines(scratch);
  KeeperRun keeper([&](KeeperLink& link, int out) {
    Arbiter arbiter(link);
    for (core::ProcessId id = 1; id <= 2; ++id)
      arbiter.spawner.spawn(Company::make(
          id, {child_program, "--ignore", "TERM", "--plain", lines.path(), "--daemon", lines.path()}));
    arbiter.late = true;
    loop::TimerWatch often(arbiter.loop, Callback<void()>::to<&loop::Loop::stop>(arbiter.loop));
    // Two exits that only the spawner saw, two trees that are gone, and the late one.
    while (arbiter.late_ends == 0 || arbiter.gone.size() < 2 ||
           arbiter.exited.count(1) + arbiter.exited.count(2) < 2) {
      often.set_in(10ms);
      arbiter.loop.run();
    }
    write_line(out, arbiter.keeper_gone ? "gone" : "left");
    write_line(out, std::to_string(arbiter.late_ends));
  });
  std::vector<int> pids;
  for (int i = 0; i < 4; ++i) pids.push_back(lines.next_number());
  kill(keeper.pid(), SIGKILL);
  CHECK(keeper.wait() == -SIGKILL);
  CHECK(keeper.line() == "gone");
  CHECK(keeper.line() == "1");
  CHECK(std::count_if(pids.begin(), pids.end(), is_alive) == 0);
}
