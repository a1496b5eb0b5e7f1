#include <sched.h>

#include <set>

#include "lib/os/proc_children.h"
#include "tests/unit/spawn/fixture.h"

using namespace troupe;
using namespace troupe::test;

namespace {

core::Signal to_tree(core::ProcessId process, int signum) {
  return {.process = process,
          .pid = 0,
          .signum = signum,
          .reach = core::Reach::tree,
          .child_pid = 0,
          .watch = true};
}

/// A family that ignores SIGTERM, but for its head if `head_obeys`: a plain child, one in its own session,
/// one forked twice. 0 = all was found, told of and killed, and nobody else was.
int end_family(bool head_obeys) {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  std::vector<std::string> argv{child_program, "--plain",  lines.path(), "--setsid",
                                lines.path(),  "--daemon", lines.path()};
  if (!head_obeys) argv.insert(argv.begin() + 1, {"--ignore", "TERM"});
  company.spawner.spawn(Company::make(1, argv));
  company.spawner.spawn(Company::make(2, {child_program, "--plain", lines.path()}));
  std::set<int> all;
  for (int i = 0; i < 4; ++i) all.insert(lines.next_number());
  if (!company.run_until([&] { return company.pids.size() == 2; })) return 1;

  // The one of process 2 is no member.
  int stranger = 0;
  for (const int pid : all) {
    const auto stat = os::read_proc_stat(pid);
    if (stat && stat->ppid == company.pids[1]) stranger = pid;
  }
  const bool swapped = company.events.front() != "spawned 1";
  if (swapped) std::swap(company.pids[0], company.pids[1]);
  for (const int pid : all) {
    const auto stat = os::read_proc_stat(pid);
    if (stat && stat->ppid == company.pids[1]) stranger = pid;
  }
  all.erase(stranger);
  all.insert(company.pids[0]);
  if (all.size() != 4) return 2;

  company.spawner.signal(to_tree(1, SIGTERM));
  if (!company.signalled.empty()) return 3;
  if (!company.run_until([&] { return company.signalled.size() >= 4; })) return 4;
  if (std::set<int>(company.signalled.begin(), company.signalled.end()) != all) return 5;
  if (head_obeys && !company.run_until_seen("exit 1 -15")) return 6;
  if (!head_obeys) company.spawner.signal(to_tree(1, SIGKILL));
  if (!company.run_until_seen("gone 1")) return 7;
  for (const int pid : all) {
    if (is_alive(pid)) return 8;
  }
  if (!is_alive(company.pids[1]) || !is_alive(stranger)) return 9;
  if (company.count("gone 1") != 1) return 10;
  company.spawner.signal(to_tree(2, SIGKILL));
  return company.run_until_seen("gone 2") ? 0 : 11;
}

}  // namespace

TEST_CASE("plain, setsid and double-forked descendants are found and ended") {
  CHECK(end_family(true) == 0);
  CHECK(end_family(false) == 0);
}

TEST_CASE("plain, setsid and double-forked descendants are found and ended as an ordinary user") {
  CHECK(as_ordinary_user([] { return end_family(true); }) == 0);
  CHECK(as_ordinary_user([] { return end_family(false); }) == 0);
}

TEST_CASE("descendants that ignore the signal are killed after their parent is long gone") {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  company.spawner.spawn(Company::make(1, {"sh", "-c",
                                          "(trap '' TERM; exec " + std::string(child_program) + " --plain " +
                                              lines.path() + ") & exec " + child_program}));
  const int grandchild = lines.next_number();
  REQUIRE(company.run_until_seen("spawned 1"));
  const int stubborn = os::read_proc_stat(grandchild)->ppid;
  company.spawner.signal(to_tree(1, SIGTERM));
  REQUIRE(company.run_until_seen("exit 1 -15"));
  CHECK_FALSE(company.seen("gone 1"));
  CHECK(is_alive(stubborn));
  company.spawner.signal(to_tree(1, SIGKILL));
  CHECK(company.run_until_seen("gone 1"));
  CHECK_FALSE(is_alive(stubborn));
  CHECK_FALSE(is_alive(grandchild));
}

TEST_CASE("a descendant without a trace but its parent is found by the chain before the first signal") {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  company.spawner.spawn(Company::make(
      1,
      {"sh", "-c", "env -i setsid " + std::string(child_program) + " --plain " + lines.path() + "& wait"}));
  const int pid = lines.next_number();
  REQUIRE(company.run_until_seen("spawned 1"));
  company.spawner.signal(to_tree(1, SIGKILL));
  CHECK(company.run_until_seen("gone 1"));
  CHECK_FALSE(is_alive(pid));
}

TEST_CASE("a tree that forks all the time is killed") {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  company.spawner.spawn(
      Company::make(1, {"sh", "-c",
                        "f() { setsid sh -c \"$1\" \"$1\" \"$1\" & }; echo $$ > " + lines.path() +
                            "; while :; do setsid sleep 100 & setsid sh -c 'sleep 100 & sleep 100 & wait' & "
                            "wait -n 2>/dev/null || :; "
                            "i=$((i+1)); [ $i -lt 50 ] || exec sleep 100; done"}));
  lines.next();
  REQUIRE(company.run_until_seen("spawned 1"));
  company.spawner.signal(to_tree(1, SIGKILL));
  CHECK(company.run_until_seen("gone 1"));
  for (const int pid : company.signalled) CHECK_FALSE(is_alive(pid));
}

TEST_CASE("a signal to a tree without a watch is sent once and nothing is told") {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  company.spawner.spawn(Company::make(1, {child_program, "--daemon", lines.path()}));
  const int daemon = lines.next_number();
  REQUIRE(company.run_until_seen("spawned 1"));
  core::Signal signal = to_tree(1, SIGKILL);
  signal.watch = false;
  CHECK(company.spawner.signal(signal) == 0);
  CHECK(company.run_until([&] { return company.seen("exit 1 -9") && company.seen("orphan"); }));
  CHECK_FALSE(is_alive(daemon));
  CHECK_FALSE(company.seen("gone 1"));
  CHECK_FALSE(company.seen("signalled 1 9"));
}

TEST_CASE("what a process left behind can still be ended after its exit was reported") {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  company.spawner.spawn(Company::make(1, {child_program, "--daemon", lines.path(), "--after", "0"}));
  const int daemon = lines.next_number();
  REQUIRE(company.run_until_seen("exit 1 0"));
  CHECK(is_alive(daemon));
  core::Signal signal = to_tree(1, SIGKILL);
  signal.pid = company.pids[0];
  CHECK(company.spawner.signal(signal) == 0);
  CHECK(company.run_until_seen("gone 1"));
  CHECK_FALSE(is_alive(daemon));
}

TEST_CASE("children get the signal without their parent, and are told of") {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  company.spawner.spawn(Company::make(
      1, {child_program, "--plain", lines.path(), "--setsid", lines.path(), "--daemon", lines.path()}));
  std::set<int> children{lines.next_number(), lines.next_number(), lines.next_number()};
  REQUIRE(company.run_until_seen("spawned 1"));
  const auto no_child = std::find_if(children.begin(), children.end(), [&](int pid) {
    return os::read_proc_stat(pid)->ppid != company.pids[0];
  });
  REQUIRE(no_child != children.end());
  const int orphan = *no_child;
  children.erase(no_child);
  // The one that the daemon was forked by may still be there.
  const auto now = [&] { return os::direct_children(company.pids[0]); };
  for (auto found = now(); std::set<int>(found.begin(), found.end()) != children; found = now())
    sched_yield();
  core::Signal signal = to_tree(1, SIGKILL);
  signal.reach = core::Reach::children;
  CHECK(company.spawner.signal(signal) == 0);
  CHECK(company.run_until([&] { return company.signalled.size() == 2; }));
  CHECK(std::set<int>(company.signalled.begin(), company.signalled.end()) == children);
  CHECK(is_alive(company.pids[0]));
  CHECK(is_alive(orphan));
  company.spawner.signal(to_tree(1, SIGKILL));
  CHECK(company.run_until_seen("gone 1"));
  CHECK_FALSE(is_alive(orphan));
}

TEST_CASE("without descriptors for pidfds a stop still ends, by looking again") {
  SpawnerOptions options = Company::own_children();
  // What the loop and the exec pipe take is free; everything after is reserve.
  const os::Fd next(dup(0));
  options.descriptors.lasting = next.get() + 12;
  Company company(options);
  const Scratch scratch;
  Lines lines(scratch);
  company.spawner.spawn(
      Company::make(1, {child_program, "--setsid", lines.path(), "--daemon", lines.path()}));
  const int first = lines.next_number();
  const int second = lines.next_number();
  REQUIRE(company.run_until_seen("spawned 1"));
  std::vector<os::Fd> fillers;
  for (int i = 0; i < 16; ++i) fillers.emplace_back(dup(0));
  company.spawner.signal(to_tree(1, SIGKILL));
  CHECK(company.run_until_seen("gone 1"));
  CHECK(company.count("signalled 1 9") == 3);
  CHECK_FALSE(is_alive(first));
  CHECK_FALSE(is_alive(second));
}

TEST_CASE("three hundred trees are stopped together") {
  Company company;
  constexpr core::ProcessId count = 300;
  for (core::ProcessId id = 1; id <= count; ++id) company.spawner.spawn(Company::make(id, {child_program}));
  REQUIRE(company.run_until([&] { return company.pids.size() == count; }));
  for (core::ProcessId id = 1; id <= count; ++id) company.spawner.signal(to_tree(id, SIGTERM));
  CHECK(company.run_until([&] {
    long gone = 0;
    for (const auto& event : company.events) gone += event.compare(0, 4, "gone") == 0;
    return gone == static_cast<long>(count);
  }));
  for (const int pid : company.pids) CHECK_FALSE(is_alive(pid));
}

namespace {

/// A tree that may not be signalled: as root with a head that ends when asked through a pipe. 0 = the stop
/// came to its end without the member, which still lives.
int stop_what_may_not_be_signalled() {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  mkfifo((scratch / "go").c_str(), 0666);
  const os::Fd let_go(open((scratch / "go").c_str(), O_RDWR | O_CLOEXEC));
  company.spawner.spawn(Company::make(
      1, {"sh", "-c", "sleep 1000 & echo $! > " + lines.path() + "; read line < " + (scratch / "go")}));
  const int member = lines.next_number();
  if (!company.run_until_seen("spawned 1")) return 1;
  if (setresuid(65534, 65534, 0) != 0) return 2;
  company.spawner.signal(to_tree(1, SIGTERM));
  if (write(let_go.get(), "\n", 1) != 1) return 3;
  const bool over = company.run_until_seen("gone 1");
  const bool lives = is_alive(member);
  if (setresuid(0, 0, 0) != 0) return 4;
  const std::string name = std::to_string(member);
  if (company.count("stray 1 " + name) != 1 || company.seen("stray gone " + name)) return 9;
  if (company.place("stray 1 " + name) > company.place("gone 1")) return 10;
  kill(member, SIGKILL);
  if (!company.run_until_seen("stray gone " + name)) return 11;
  return !over ? 5 : !lives ? 6 : company.seen("signalled 1 15") ? 7 : company.seen("exit 1 0") ? 0 : 8;
}

/// A process that this user may not signal: as root with the ids changed for the signal. 0 = the stop came to
/// its end without the process, whose exit was told when it came.
int stop_a_leader_that_may_not_be_signalled(bool watch) {
  Company company;
  company.spawner.spawn(Company::make(1, {"sleep", "1000"}));
  if (!company.run_until_seen("spawned 1")) return 1;
  const int leader = company.pids[0];
  const std::string stray = "stray 1 " + std::to_string(leader);
  if (setresuid(65534, 65534, 0) != 0) return 2;
  core::Signal signal = to_tree(1, SIGTERM);
  signal.watch = watch;
  company.spawner.signal(signal);
  signal.signum = SIGKILL;
  company.spawner.signal(signal);
  if (!company.run_until_seen(watch ? "gone 1" : stray)) return 3;
  if (company.count(stray) != 1 || company.count("gone 1") != (watch ? 1 : 0)) return 4;
  if (!is_alive(leader) || company.seen("exit 1 -9")) return 5;
  if (setresuid(0, 0, 0) != 0) return 6;
  kill(leader, SIGKILL);
  if (!company.run_until_seen("exit 1 -9")) return 7;
  return company.count("signalled 1 9") == 0 && company.count(stray) == 1 ? 0 : 8;
}

}  // namespace

TEST_CASE("a stop does not wait for a member that the daemon may not signal" *
          doctest::skip(geteuid() != 0)) {
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) _exit(stop_what_may_not_be_signalled());
  int status = 0;
  waitpid(pid, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE(
    "a process that the daemon may not signal is a stray at SIGKILL, and its exit is told all the same" *
    doctest::skip(geteuid() != 0)) {
  for (const bool watch : {true, false}) {
    CAPTURE(watch);
    std::fflush(nullptr);
    const pid_t pid = fork();
    if (pid == 0) _exit(stop_a_leader_that_may_not_be_signalled(watch));
    int status = 0;
    waitpid(pid, &status, 0);
    CHECK(WEXITSTATUS(status) == 0);
  }
}
