#include "daemon/spawn/cgroups.h"

#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <set>

#include "daemon/spawn/clone_child.h"
#include "daemon/spawn/prepared_child.h"
#include "daemon/spawn/stack_pool.h"
#include "lib/os/cgroup.h"
#include "tests/unit/spawn/fixture.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A directory of cgroup v2 below which cgroups can be made: of the test itself, or of a hierarchy that it
/// mounts in a namespace of its own. "" = not to be had on this machine.
std::string writable_cgroup(const Scratch& scratch) {
  const std::string own = os::own_cgroup2_directory().value_or("");
  const auto works = [](const std::string& directory) {
    const std::string probe = directory + "/troupe-test-probe";
    return !directory.empty() && access((directory + "/cgroup.procs").c_str(), W_OK) == 0 &&
           mkdir(probe.c_str(), 0755) == 0 && rmdir(probe.c_str()) == 0;
  };
  if (works(own)) return own;
  if (unshare(CLONE_NEWNS | CLONE_NEWCGROUP) != 0 ||
      mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return "";
  const std::string place = scratch / "cgroup2";
  mkdir(place.c_str(), 0755);
  if (mount("none", place.c_str(), "cgroup2", 0, nullptr) != 0) return "";
  const std::string mounted = os::own_cgroup2_directory().value_or("");
  return works(mounted) ? mounted : "";
}

/// One for each run of this program: others may be running beside it.
const std::string boot = std::to_string(1'000'000'000'000'000 + getpid());

constexpr int no_cgroup = 77;

/// Runs `body(parent)` in a process of its own with a cgroup directory. What it returns, or no_cgroup.
template <class Body>
int run_with_cgroups(Body body) {
  const Scratch scratch;
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    const std::string parent = writable_cgroup(scratch);
    _exit(parent.empty() ? no_cgroup : body(parent));
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Whether this machine has a cgroup v2 to write in.
bool has_cgroups() {
  static const bool has = run_with_cgroups([](const std::string&) { return 0; }) == 0;
  return has;
}

template <class Body>
void with_cgroups(Body body) {
  CHECK(run_with_cgroups(body) == 0);
}

SpawnerOptions with_parent(const std::string& parent) {
  SpawnerOptions options = Company::own_children();
  options.cgroup_parent = parent;
  options.boot = boot;
  return options;
}

core::Signal to_tree(core::ProcessId process, int signum) {
  return {.process = process,
          .pid = 0,
          .signum = signum,
          .reach = core::Reach::tree,
          .child_pid = 0,
          .watch = true};
}

bool is_there(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

/// Runs the loop until the path is gone.
bool wait_until_gone(Company& company, const std::string& path) {
  for (int i = 0; i < 2000 && is_there(path); ++i) {
    loop::TimerWatch tick(company.loop, Callback<void()>::to<&loop::Loop::stop>(company.loop));
    tick.set_in(10ms);
    company.loop.run();
  }
  return !is_there(path);
}

/// A worker that forgets everything by which it could be found: another session, no parent, no environment.
const std::vector<std::string> hides{
    "/bin/sh", "-c",
    "trap '' TERM; (setsid env -i /bin/sh -c 'trap \"\" TERM; echo $$ >\"$1\"; exec sleep 1000' sh "
    "\"$1\" &) ; wait; exec sleep 1000",
    "sh"};

}  // namespace

TEST_CASE("a process is born in a cgroup of its own, which goes with it" * doctest::skip(!has_cgroups())) {
  with_cgroups([](const std::string& parent) {
    const std::string own = parent + "/troupe-" + boot;
    {
      Company company(with_parent(parent));
      company.spawner.spawn(Company::make(1, {"/bin/sleep", "1000"}));
      company.spawner.spawn(Company::make(2, {"/bin/sleep", "1000"}));
      company.spawner.spawn(Company::make(3, {"/nonexistent"}));
      if (!company.run_until_seen("failed 3 exec /nonexistent 2")) return 1;
      if (!company.run_until([&] { return company.pids.size() == 2; })) return 2;
      const os::Fd directory(open(own.c_str(), O_RDONLY | O_DIRECTORY));
      const auto one = os::cgroup_processes(directory.get(), "1");
      const auto two = os::cgroup_processes(directory.get(), "2");
      std::set<int> both(one.begin(), one.end());
      both.insert(two.begin(), two.end());
      if (one.size() != 1 || two.size() != 1) return 3;
      if (both != std::set<int>(company.pids.begin(), company.pids.end())) return 4;
      if (!wait_until_gone(company, own + "/3")) return 5;
      kill(one.front(), SIGKILL);
      if (!company.run_until_seen("exit 1 -9")) return 6;
      if (!wait_until_gone(company, own + "/1")) return 7;
      if (!is_there(own + "/2")) return 8;
      kill(two.front(), SIGKILL);
      if (!company.run_until_seen("exit 2 -9")) return 9;
    }
    return is_there(own) ? 10 : 0;
  });
}

TEST_CASE("a child is in its cgroup when it executes, by clone3 or, without that, by its own first call" *
          doctest::skip(!has_cgroups())) {
  with_cgroups([](const std::string& parent) {
    loop::Loop loop;
    Cgroups cgroups(loop, parent, boot);
    StackPool stacks;
    core::ProcessId id = 0;
    for (const bool has_clone3 : {true, false}) {
      SpawnFailure failure{};
      const auto child = PreparedChild::make(
          Company::make(++id, {"/bin/sleep", "1000"}),
          {.parent = getpid(), .boot = boot, .descriptor_limit = Company::own_children().descriptor_limit},
          {}, failure);
      os::Pipe pipe = *os::open_pipe();
      child->plan().report_fd = pipe.write.get();
      const os::Fd cgroup = cgroups.make(id);
      const Cloned cloned = clone_child(
          child->plan(),
          {.of_parent = false, .stack = stacks.take(), .cgroup = cgroup.get(), .has_clone3 = has_clone3});
      pipe.write.reset();
      char byte;
      if (cloned.pid <= 0 || read(pipe.read.get(), &byte, 1) != 0) return 1;
      const bool inside = cgroups.processes_of(id) == std::vector<int>{cloned.pid};
      const bool killed = !cgroups.can_kill(id) || cgroups.kill(id);
      kill(cloned.pid, SIGKILL);
      waitpid(cloned.pid, nullptr, 0);
      cgroups.release(id);
      if (!inside || !killed || cloned.cgroup_error != 0) return 2;
      if (has_clone3 && !cloned.no_clone3 && child->plan().cgroup_fd != -1) return 3;
      if (!has_clone3 && child->plan().cgroup_fd < 0) return 4;
    }
    return cgroups.count() == 0 ? 0 : 5;
  });
}

TEST_CASE("a descendant that nothing but the cgroup tells is found, told of and killed with the tree" *
          doctest::skip(!has_cgroups())) {
  with_cgroups([](const std::string& parent) {
    const Scratch scratch;
    Lines lines(scratch);
    Company company(with_parent(parent));
    auto argv = hides;
    argv.push_back(lines.path());
    company.spawner.spawn(Company::make(1, argv));
    const int hidden = lines.next_number();
    if (!company.run_until_seen("spawned 1")) return 1;
    const auto stat = os::read_proc_stat(hidden);
    if (!stat || stat->session == company.pids.front()) return 2;
    company.spawner.signal(to_tree(1, SIGTERM));
    if (!company.run_until([&] { return company.signalled.size() >= 2; })) return 3;
    if (std::count(company.signalled.begin(), company.signalled.end(), hidden) != 1) return 4;
    company.spawner.signal(to_tree(1, SIGKILL));
    if (!company.run_until_seen("gone 1")) return 5;
    if (is_alive(hidden)) return 6;
    return wait_until_gone(company, parent + "/troupe-" + boot + "/1") ? 0 : 7;
  });
}

TEST_CASE("the cgroup of a process that left something behind stays until that ends" *
          doctest::skip(!has_cgroups())) {
  with_cgroups([](const std::string& parent) {
    const Scratch scratch;
    Lines lines(scratch);
    Company company(with_parent(parent));
    company.spawner.spawn(Company::make(1, {child_program, "--daemon", lines.path()}));
    const int left = lines.next_number();
    if (!company.run_until_seen("spawned 1")) return 1;
    kill(company.pids.front(), SIGKILL);
    if (!company.run_until_seen("exit 1 -9")) return 2;
    const std::string own = parent + "/troupe-" + boot + "/1";
    if (!is_there(own) || !is_alive(left)) return 3;
    kill(left, SIGKILL);
    return wait_until_gone(company, own) ? 0 : 4;
  });
}

TEST_CASE("a tree that forks all the time ends by one SIGKILL" * doctest::skip(!has_cgroups())) {
  with_cgroups([](const std::string& parent) {
    Company company(with_parent(parent));
    company.spawner.spawn(Company::make(
        1, {"/bin/sh", "-c",
            "trap '' TERM; f() { while :; do (setsid sleep 1000 &); sleep 0.001; done; }; f & f"}));
    if (!company.run_until_seen("spawned 1")) return 1;
    company.spawner.signal(to_tree(1, SIGKILL));
    if (!company.run_until_seen("gone 1")) return 2;
    return wait_until_gone(company, parent + "/troupe-" + boot + "/1") ? 0 : 3;
  });
}

TEST_CASE("where the cgroup may not be written, processes start and stop as without") {
  CHECK(as_ordinary_user([] {
          Company company(with_parent(os::own_cgroup2_directory().value_or("/nonexistent")));
          company.spawner.spawn(Company::make(1, {"/bin/sleep", "1000"}));
          if (!company.run_until_seen("spawned 1")) return 1;
          company.spawner.signal(to_tree(1, SIGTERM));
          return company.run_until_seen("gone 1") ? 0 : 2;
        }) == 0);
}

TEST_CASE("what a daemon that was killed left is removed by the next, and that of a living one is not" *
          doctest::skip(!has_cgroups())) {
  with_cgroups([](const std::string& parent) {
    const std::string dead = parent + "/troupe-dead", living = parent + "/troupe-living";
    for (const std::string& path : {dead, dead + "/1", dead + "/2", living, living + "/1"})
      mkdir(path.c_str(), 0755);
    os::Fd lock(open(living.c_str(), O_RDONLY | O_DIRECTORY));
    if (flock(lock.get(), LOCK_EX) != 0) return 1;
    { const Company company(with_parent(parent)); }
    if (is_there(dead) || !is_there(living + "/1")) return 2;
    lock.reset();
    { const Company company(with_parent(parent)); }
    return is_there(living) ? 3 : 0;
  });
}
