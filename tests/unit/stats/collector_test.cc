#include "daemon/stats/collector.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "lib/loop/timer_watch.h"
#include "lib/stats/user_names.h"
#include "tests/unit/stats/child.h"

using namespace troupe;
using namespace troupe::stats;

namespace {

WatchedProcess watched(const Child& child, int wid) {
  return {.pid = child.pid(), .wid = wid, .started = os::wall_time()};
}

const Value& field(const Value& info, std::string_view key) {
  const Value* value = info.find(key);
  REQUIRE_MESSAGE(value, std::string(key));
  return *value;
}

/// Uses the processor until this process has had so many more seconds of it.
void burn(double seconds) {
  timespec at{};
  const auto used = [&at] {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
  };
  const double end = used() + seconds;
  while (used() < end) {
  }
}

}  // namespace

TEST_CASE("the table has ourselves and our children under our pid") {
  const Child first(Child::Life::waits, ") Z 1 (a b");
  const Child second(Child::Life::ends);
  const auto table = os::ProcTable::read_all();
  REQUIRE(table);
  const auto* self = table->find(getpid());
  REQUIRE(self);
  CHECK(self->ppid == getppid());
  CHECK(self->pgrp == getpgrp());
  CHECK(self->session == getsid(0));
  const auto children = table->children_of(getpid());
  REQUIRE(children.size() == 2);
  const auto& waiting = children[0]->pid == first.pid() ? *children[0] : *children[1];
  const auto& zombie = children[0]->pid == first.pid() ? *children[1] : *children[0];
  CHECK(waiting.comm == ") Z 1 (a b");
  CHECK(waiting.state != 'Z');
  CHECK(zombie.pid == second.pid());
  CHECK(zombie.state == 'Z');
}

TEST_CASE("a table of some processes has each once and leaves out what is gone") {
  Child gone;
  gone.reap();
  const int pids[] = {getpid(), gone.pid(), getpid(), -1, 0};
  const auto table = os::ProcTable::read(pids);
  REQUIRE(table);
  REQUIRE(table->rows().size() == 1);
  CHECK(table->rows()[0].pid == getpid());
  CHECK(table->find(gone.pid()) == nullptr);
}

TEST_CASE("without a free descriptor there is an error and no short table") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  Counted counted;
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const int self = getpid();
  const auto some = os::ProcTable::read({&self, 1});
  const auto all = os::ProcTable::read_all();
  const Value info = counted.info({.pid = self, .wid = 1, .started = 0});
  const Value stopped = counted.info({.pid = -7, .wid = 1, .started = 0});
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK_FALSE(some);
  CHECK_FALSE(all);
  CHECK(field(info, "cpu") == Value("N/A"));
  CHECK(stopped == gone_info());
}

TEST_CASE("the info of this process agrees with what the system calls say") {
  Counted counted;
  Collector& collector = counted.collector;
  const Value info = collector.self(getpid());
  CHECK(field(info, "pid") == Value(getpid()));
  CHECK(field(info, "nice") == Value(getpriority(PRIO_PROCESS, 0)));
  const passwd* user = getpwuid(getuid());
  CHECK(field(info, "username") == Value(user ? user->pw_name : std::to_string(getuid())));
  CHECK(field(info, "cmdline") == Value(program_invocation_short_name));
  CHECK(field(info, "children") == Value::array());
  CHECK_FALSE(info.find("wid"));
  CHECK_FALSE(info.find("started"));
  CHECK(*field(info, "mem").as_double() > 0);
  const double age = *field(info, "age").as_double();
  CHECK(age >= 0);
  // The kernel's boot time is cut to whole seconds, so what is built on it is up to one second early.
  CHECK(std::abs(os::wall_time() - age - *field(info, "create_time").as_double()) < 1);
}

TEST_CASE("the boot time is the one in /proc/stat") {
  std::ifstream file("/proc/stat");
  std::string word;
  double boot_time = 0;
  while (file >> word) {
    if (word == "btime") file >> boot_time;
  }
  REQUIRE(boot_time > 0);
  CHECK(std::abs(os::read_machine().boot_time - boot_time) <= 1);
}

TEST_CASE("all watchers are answered, each process with its direct children, wherever these are found") {
  bool kernel_lists = false;
  SUBCASE("in the table of all processes") {}
  SUBCASE("where the kernel lists them") {
    kernel_lists = os::lists_children();
  }
  const Child first;
  const Child second(Child::Life::ends);
  const std::vector<WatcherProcesses> watchers = {
      {.name = "Parent", .processes = {{.pid = getpid(), .wid = 7, .started = os::wall_time() - 10}}},
      {.name = "empty", .processes = {}},
      {.name = "children", .processes = {watched(first, 1), watched(second, 2)}},
  };
  Counted counted;
  counted.kernel_lists = kernel_lists;
  const Value all = counted.infos(watchers);
  REQUIRE(all.as_object()->size() == 3);
  CHECK(all.as_object()->front().key == "Parent");
  CHECK(field(all, "empty") == Value::object());

  const Value& parent = field(field(all, "Parent"), std::to_string(getpid()));
  CHECK(field(parent, "wid") == Value(7));
  CHECK(*field(parent, "age").as_double() >= 10);
  REQUIRE(field(parent, "children").as_array()->size() == 2);
  for (const Value& child : *field(parent, "children").as_array()) {
    CHECK(field(child, "children") == Value::array());
    CHECK_FALSE(child.find("wid"));
  }
  const Value& zombie = field(field(all, "children"), std::to_string(second.pid()));
  CHECK(field(zombie, "mem_info1") == Value("0B"));
  CHECK(field(zombie, "mem_info2") == Value("0B"));
  CHECK(field(zombie, "cmdline") == Value("N/A"));
  CHECK(field(zombie, "wid") == Value(2));
}

TEST_CASE("a process that is gone is a text in place of an object") {
  Child child;
  const WatchedProcess process = watched(child, 1);
  Counted counted;
  Collector& collector = counted.collector;
  REQUIRE(counted.info(process).as_object());
  CHECK(collector.sample_count() == 1);
  child.reap();
  CHECK(counted.info(process) == Value("No such process (stopped?)"));
  CHECK(collector.sample_count() == 0);
  CHECK(collector.self(-1) == gone_info());
}

TEST_CASE("of processes that nobody asks about any more no more is kept than of those that are") {
  Counted counted;
  for (int round = 0; round < 300; ++round) {
    Child child;
    counted.collector.self(child.pid());
    child.reap();
  }
  CHECK(counted.collector.sample_count() < 260);
}

TEST_CASE("the processor time used between two questions is seen, also in a child's info") {
  const WatchedProcess self{.pid = getpid(), .wid = 1, .started = os::wall_time()};
  const WatchedProcess parent{.pid = getppid(), .wid = 2, .started = os::wall_time()};
  Counted counted;
  CHECK(field(counted.info(self), "cpu") == Value(0.0));
  burn(0.2);
  CHECK(*field(counted.info(self), "cpu").as_double() > 0);
  burn(0.2);
  const Value info = counted.info(parent);
  REQUIRE(info.as_object());
  for (const Value& child : *field(info, "children").as_array()) {
    if (field(child, "pid") == Value(getpid())) CHECK(*field(child, "cpu").as_double() > 0);
  }
}

TEST_CASE("a create time stays the same from answer to answer") {
  Counted counted;
  Collector& collector = counted.collector;
  const Value first = field(collector.self(getpid()), "create_time");
  for (int i = 0; i < 100; ++i) CHECK(field(collector.self(getpid()), "create_time") == first);
}

TEST_CASE("a user without a name is a number and the names kept are bounded") {
  UserNames users;
  CHECK(users.find(0) == "root");
  CHECK(users.find(3'999'999'999) == "3999999999");
  for (unsigned uid = 0; uid < 3 * UserNames::limit; ++uid) users.find(3'000'000'000 + uid);
  CHECK(users.size() <= UserNames::limit);
  CHECK(users.find(0) == "root");
}

TEST_CASE("a user whom only the data base knows is a number until it has answered, and nobody waits for it") {
  loop::Loop loop;
  BackgroundNames names(loop, [](const Account& account) {
    Identity identity;
    identity.name = "from-" + *account.user;
    return identity;
  });
  CHECK(names.find(0) == "root");
  CHECK(names.find(4000000) == "4000000");
  struct Look {
    BackgroundNames& names;
    loop::Loop& loop;
    void look() {
      if (names.find(4000000) == "from-4000000") return loop.stop();
      again.set_in(1ms);
    }
    loop::TimerWatch again{loop, loop::TimerWatch::OnTimer::to<&Look::look>(*this)};
  } look{names, loop};
  look.look();
  loop.run();
  CHECK(names.find(4000000) == "from-4000000");
}
