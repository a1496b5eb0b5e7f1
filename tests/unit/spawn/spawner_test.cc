#include "daemon/spawn/spawner.h"

#include <sys/resource.h>

#include <cerrno>
#include <fstream>

#include "daemon/identities.h"
#include "lib/loop/deferred.h"
#include "tests/unit/spawn/fixture.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Spawns it and gives what came of it. The exits of children that failed are nothing of interest.
std::string outcome(Company& company, const core::Spawn& spawn) {
  const auto answer = [&]() -> std::string {
    const std::string name = " " + std::to_string(spawn.process);
    for (const std::string& event : company.events) {
      if (event == "spawned" + name || event.compare(0, 7 + name.size(), "failed" + name + " ") == 0)
        return event;
    }
    return "";
  };
  company.events.clear();
  company.spawner.spawn(spawn);
  company.run_until([&] { return !answer().empty(); });
  return answer();
}

/// What the helper says about itself when it is run like this.
std::string report_of(Company& company, const Scratch& scratch, core::Spawn spawn) {
  spawn.spec.argv = {child_program, "--report", scratch / "report", "--after", "0"};
  company.spawner.spawn(spawn);
  CHECK(company.run_until_seen("exit " + std::to_string(spawn.process) + " 0"));
  return scratch.read("report");
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a process is told of when it executes its program, and then its exit is known by its id") {
  Company company;
  company.spawner.spawn(Company::make(7, {"sh", "-c", "exit 3"}));
  CHECK(company.events.empty());
  CHECK(company.run_until_seen("exit 7 3"));
  std::erase(company.events, "orphan");  // what another test has left
  CHECK(company.events == std::vector<std::string>{"spawned 7", "exit 7 3"});
  CHECK(company.spawner.on_exit({.pid = company.pids.front(),
                                 .status = 0,
                                 .core_dumped = false,
                                 .user_time = {},
                                 .system_time = {},
                                 .max_rss = 0}) == 0);
}

TEST_CASE("what fails in the child comes back as stage, subject and errno") {
  Company company;
  const Scratch scratch;
  const auto number = [](int error) { return std::to_string(error); };

  core::Spawn spawn = Company::make(1, {"true"});
  spawn.spec.cwd = "/nonexistent";
  CHECK(outcome(company, spawn) == "failed 1 chdir /nonexistent " + number(ENOENT));

  CHECK(outcome(company, Company::make(2, {"/usr/bin/nosuch"})) ==
        "failed 2 exec /usr/bin/nosuch " + number(ENOENT));
  CHECK(outcome(company, Company::make(3, {"nosuch"})) == "failed 3 exec nosuch " + number(ENOENT));
  CHECK(outcome(company, Company::make(4, {})) == "failed 4 exec  " + number(ENOENT));
  CHECK(outcome(company, Company::make(5, {""})) == "failed 5 exec  " + number(ENOENT));

  const std::string plain = scratch.write("plain", "text", 0644);
  CHECK(outcome(company, Company::make(6, {plain})) == "failed 6 exec " + plain + " " + number(EACCES));
  const std::string format = scratch.write("format", "no magic", 0755);
  CHECK(outcome(company, Company::make(7, {format})) == "failed 7 exec " + format + " " + number(ENOEXEC));
  CHECK(outcome(company, Company::make(8, {plain + "/x"})) ==
        "failed 8 exec " + plain + "/x " + number(ENOENT));

  spawn = Company::make(9, {"true"});
  spawn.spec.rlimits["nofile"] = std::int64_t{1} << 40;
  CHECK(outcome(company, spawn) == "failed 9 rlimit nofile " + number(EPERM));
  spawn.spec.rlimits = {{"colour", 1}};
  CHECK(outcome(company, spawn) == "failed 9 rlimit colour " + number(EINVAL));
  spawn.spec.rlimits = {{"core", -5}};
  CHECK(outcome(company, spawn) == "failed 9 rlimit core " + number(EINVAL));

  spawn = Company::make(10, {"true"});
  spawn.spec.uid = "no-such-user";
  CHECK(outcome(company, spawn) ==
        "failed 10 user no-such-user " + number(ENOENT) + ": no user named no-such-user");
  spawn.spec.uid = "4294967295";
  CHECK(outcome(company, spawn) ==
        "failed 10 user 4294967295 " + number(ENOENT) + ": no user named 4294967295");
  spawn.spec.uid.reset();
  spawn.spec.gid = "no-such-group";
  CHECK(outcome(company, spawn) ==
        "failed 10 group no-such-group " + number(ENOENT) + ": no group named no-such-group");

  spawn = Company::make(11, {"echo", std::string("a\0b", 3)});
  CHECK(outcome(company, spawn) == "failed 11 exec (an argument has a NUL inside) " + number(EINVAL));
  spawn = Company::make(12, {"true"});
  spawn.spec.env["A"] = std::string(64, '\0');
  CHECK(outcome(company, spawn) == "failed 12 exec (the environment has a NUL inside) " + number(EINVAL));
  spawn = Company::make(13, {"true", std::string(1 << 20, 'x')});
  CHECK(outcome(company, spawn) == "failed 13 exec /bin/true " + number(E2BIG));
}

TEST_CASE("a change of user that is refused comes back with the user") {
  CHECK(as_ordinary_user([] {
          Company company;
          core::Spawn spawn = Company::make(1, {"true"});
          spawn.spec.uid = "root";
          if (outcome(company, spawn) != "failed 1 setgroups root " + std::to_string(EPERM)) return 1;
          // What one is already may be asked for.
          spawn = Company::make(2, {"true"});
          spawn.spec.uid = std::to_string(geteuid());
          spawn.spec.gid = std::to_string(getegid());
          return outcome(company, spawn) == "spawned 2" ? 0 : 2;
        }) == 0);
}

namespace {

/// Identities and the loop that brings their answers.
struct Asker {
  loop::Loop loop;
  Identities identities{loop, Identities::OnAnswer::to<&loop::Loop::stop>(loop)};

  const Identity& find(const Account& account, Instant now) {
    for (;;) {
      if (const Identity* found = identities.find(account, now)) return *found;
      loop.run();
    }
  }
};

/// A data base of users that answers when it is told to.
struct SlowDesk {
  static inline os::Pipe gate;
  static Identity look_up(const Account& account) {
    char byte;
    while (read(gate.read.get(), &byte, 1) < 0) {
    }
    return look_up_identity(account);
  }
};

/// Counts the starts of each turn of the loop.
struct Turns : Outputs {
  explicit Turns(loop::Loop& loop) : next(loop, Callback<void()>::to<&Turns::on_turn>(*this)) {}
  int open(const core::Spawn&, OutputEnds&) override {
    most = std::max(most, ++starts);
    ++all;
    next.schedule();
    return 0;
  }
  void on_cloned(core::ProcessId, int) override {}
  void redirect(const core::Redirect&) override {}
  void on_exit(core::ProcessId) override {}
  void on_turn() { starts = 0; }

  loop::Deferred next;
  int starts = 0, most = 0, all = 0;
};

}  // namespace

TEST_CASE("of many processes that waited for their user sixteen are started a turn") {
  SlowDesk::gate = *os::open_pipe();
  SpawnerOptions options = Company::own_children();
  options.look_up = SlowDesk::look_up;
  Company company(options);
  Turns turns(company.loop);
  company.spawner.capture_with(turns);
  constexpr int count = 40;
  for (core::ProcessId id = 1; id <= count; ++id) {
    core::Spawn named = Company::make(id, {"true"});
    named.spec.uid = std::to_string(geteuid());
    company.spawner.spawn(named);
  }
  REQUIRE(write(SlowDesk::gate.write.get(), "x", 1) == 1);
  CHECK(company.run_until([&] { return company.pids.size() == count; }));
  CHECK(turns.all == count);
  CHECK(turns.most == 16);
}

TEST_CASE("a user and group are looked up once in some seconds, and many of them do not pile up") {
  Asker asker;
  const Instant start = asker.loop.now();
  CHECK(asker.find({}, start).uid.has_value() == false);
  const Identity* const root = &asker.find({"root", {}}, start);
  REQUIRE(root->uid == 0u);
  CHECK(root->groups.empty() == false);
  const gid_t* const groups = root->groups.data();
  CHECK(asker.find({"root", {}}, start + Identities::kept_for - 1ms).groups.data() == groups);
  CHECK(asker.identities.find({"root", {}}, start + Identities::kept_for + 1min) != nullptr);  // meanwhile
  CHECK(asker.find({"root", "5"}, start).gid == 5u);
  CHECK(asker.find({"no-such-user", {}}, start).failure->text == "no user named no-such-user");
  CHECK(asker.identities.find({"no-such-user", {}}, start + Identities::kept_for + 1min) == nullptr);
  for (std::size_t i = 0; i < Identities::most * 3; ++i) {
    const auto number = static_cast<unsigned>(100'000 + i);
    CHECK(asker.find({std::to_string(number), "7"}, start).uid == number);
  }
  CHECK(asker.identities.count() <= Identities::most);
}

TEST_CASE("a data base of users that takes its time holds up only whom it is asked for") {
  SlowDesk::gate = *os::open_pipe();
  SpawnerOptions options = Company::own_children();
  options.look_up = SlowDesk::look_up;
  Company company(options);
  core::Spawn named = Company::make(1, {"true"});
  named.spec.uid = std::to_string(geteuid());
  core::Spawn given_up = named;
  given_up.process = 2;
  company.spawner.spawn(named);
  company.spawner.spawn(given_up);
  company.spawner.spawn(Company::make(3, {"true"}));
  REQUIRE(company.run_until_seen("exit 3 0"));
  company.spawner.call_off(2);
  company.spawner.call_off(3);  // is nowhere any more
  REQUIRE(company.run_until_seen("failed 2 user  " + std::to_string(ECANCELED) +
                                 ": user: called off before the data base of users answered"));
  CHECK_FALSE(company.seen("spawned 1"));
  REQUIRE(write(SlowDesk::gate.write.get(), "x", 1) == 1);
  CHECK(company.run_until_seen("exit 1 0"));
  CHECK(company.seen("spawned 1"));
}

TEST_CASE("the program is looked up in the PATH of the child, and of refusals the best one is told") {
  Company company;
  const Scratch scratch;
  scratch.write("tool", "#!/bin/sh\nexit 4\n", 0755);
  scratch.write("text", "", 0644);

  core::Spawn spawn = Company::make(1, {"tool"});
  spawn.spec.env["PATH"] = "/nonexistent:" + (scratch / "text") + ":" + scratch.path();
  company.spawner.spawn(spawn);
  CHECK(company.run_until_seen("exit 1 4"));

  spawn = Company::make(2, {"text"});
  spawn.spec.env["PATH"] = scratch.path() + ":/nonexistent";
  CHECK(outcome(company, spawn) == "failed 2 exec " + (scratch / "text") + " " + std::to_string(EACCES));

  spawn = Company::make(3, {"tool"});
  spawn.spec.env["PATH"] = "/nonexistent:";
  spawn.spec.cwd = scratch.path();
  company.spawner.spawn(spawn);
  CHECK(company.run_until_seen("exit 3 4"));

  // `executable` is what runs, argv is what it is told.
  spawn = Company::make(4, {"anything", "-c", "test \"$0\" = anything && exit 6"});
  spawn.spec.executable = "sh";
  company.spawner.spawn(spawn);
  CHECK(company.run_until_seen("exit 4 6"));
}

TEST_CASE("the environment is what the spec says, over the daemon's own if asked, and TROUPE_ID always") {
  Company company;
  const Scratch scratch;
  setenv("TROUPE_TEST_OWN", "own", 1);
  setenv("TROUPE_TEST_BOTH", "own", 1);
  core::Spawn spawn = Company::make(21, {});
  spawn.spec.env = {{"TROUPE_TEST_BOTH", "spec"}, {"TROUPE_ID", "stolen"}, {"EMPTY", ""}};
  const std::string bare = report_of(company, scratch, spawn);
  CHECK(has(bare, R"("env": {"TROUPE_ID": "0123456789abcdef.21", "EMPTY": "", "TROUPE_TEST_BOTH": "spec"})"));

  spawn.process = 22;
  spawn.spec.copy_env = true;
  const std::string full = report_of(company, scratch, spawn);
  CHECK(has(full, R"("TROUPE_ID": "0123456789abcdef.22")"));
  CHECK(has(full, R"("TROUPE_TEST_OWN": "own")"));
  CHECK(has(full, R"("TROUPE_TEST_BOTH": "spec")"));
  CHECK_FALSE(has(full, R"("TROUPE_TEST_BOTH": "own")"));
  unsetenv("TROUPE_TEST_OWN");
  unsetenv("TROUPE_TEST_BOTH");
}

TEST_CASE("a child starts with a clean slate: descriptors, signals, limits, session, umask, directory") {
  Company company;
  const Scratch scratch;
  const os::Fd kept(dup(0));  // not close-on-exec
  const auto ignored_before = signal(SIGHUP, SIG_IGN);
  sigset_t some;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR1);
  sigprocmask(SIG_BLOCK, &some, nullptr);

  core::Spawn spawn = Company::make(1, {});
  spawn.spec.umask = 0027;
  spawn.spec.cwd = scratch.path();
  spawn.spec.out = core::Stdio::null;
  spawn.spec.rlimits = {{"fsize", 4096000}, {"core", 0}};
  const std::string report = report_of(company, scratch, spawn);
  sigprocmask(SIG_UNBLOCK, &some, nullptr);
  signal(SIGHUP, ignored_before);

  CHECK(has(report, R"("blocked": [])"));
  CHECK(has(report, R"("ignored": [])"));
  CHECK(has(report, R"("fds": {"0": "/dev/null", "1": "/dev/null", "2": )"));
  CHECK_FALSE(has(report, R"("3": )"));
  CHECK(has(report, R"("nofile": [512, )"));
  CHECK(has(report, R"("fsize": [4096000, 4096000])"));
  CHECK(has(report, R"("core": [0, 0])"));
  CHECK(has(report, R"("umask": 23)"));
  CHECK(has(report, "\"cwd\": \"" + scratch.path() + "\""));
  const std::string pid = std::to_string(company.pids.front());
  CHECK(has(report, "\"sid\": " + pid + ", \"pgid\": " + pid));

  spawn.process = 2;
  spawn.spec.setsid = false;
  CHECK(has(report_of(company, scratch, spawn), "\"sid\": " + std::to_string(getsid(0))));
}

TEST_CASE("an own limit on descriptors wins over the original, and unlimited means the hard one") {
  Company company;
  const Scratch scratch;
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  core::Spawn spawn = Company::make(1, {});
  spawn.spec.rlimits = {{"NOFILE", 300}};
  CHECK(has(report_of(company, scratch, spawn), R"("nofile": [300, 300])"));
  spawn.process = 2;
  spawn.spec.rlimits = {{"nofile", std::nullopt}};
  const std::string hard = std::to_string(limit.rlim_max);
  CHECK(has(report_of(company, scratch, spawn), "\"nofile\": [" + hard + ", " + hard + "]"));
}

TEST_CASE("a user alone brings his group and groups; a group of its own replaces it" *
          doctest::skip(geteuid() != 0)) {  // only root may change user
  Company company;
  const Scratch scratch;
  core::Spawn spawn = Company::make(1, {});
  spawn.spec.uid = "nobody";
  CHECK(has(report_of(company, scratch, spawn),
            R"("uid": 65534, "euid": 65534, "gid": 65534, "egid": 65534, "groups": [65534])"));
  spawn.process = 2;
  spawn.spec.gid = "1";
  CHECK(has(report_of(company, scratch, spawn), R"("gid": 1, "egid": 1, "groups": [1])"));
  spawn.process = 3;
  spawn.spec.uid.reset();
  CHECK(
      has(report_of(company, scratch, spawn), R"("uid": 0, "euid": 0, "gid": 1, "egid": 1, "groups": [1])"));
}

TEST_CASE("a child dies with the process that it is a child of, also as another user") {
  const Scratch scratch;
  Lines lines(scratch);
  std::fflush(nullptr);
  const pid_t daemon = fork();
  if (daemon == 0) {
    Company company;
    core::Spawn spawn = Company::make(1, {child_program, "--setsid", lines.path()});
    if (geteuid() == 0) spawn.spec.uid = "nobody";
    company.spawner.spawn(spawn);
    company.run_until([] { return false; });
    _exit(0);
  }
  const int grandchild = lines.next_number();
  const auto stat = os::read_proc_stat(grandchild);
  REQUIRE(stat);
  const int child = stat->ppid;
  const os::Fd watched(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  kill(daemon, SIGKILL);
  waitpid(daemon, nullptr, 0);
  pollfd gone{watched.get(), POLLIN, 0};
  CHECK(poll(&gone, 1, 20'000) == 1);
  kill(grandchild, SIGKILL);
}

TEST_CASE("a thousand spawns in one turn all run, and leave no descriptor and no memory behind") {
  Company company;
  const auto mappings = [] {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) ++count;
    return count;
  };
  const auto run = [&](core::ProcessId from, core::ProcessId count) {
    company.events.clear();
    for (core::ProcessId id = from; id < from + count; ++id) {
      company.spawner.spawn(Company::make(id, {id % 10 == 0 ? "/nonexistent" : "/bin/true"}));
    }
    return company.run_until([&] {
      long ended = 0;
      for (const auto& event : company.events)
        ended += event.compare(0, 4, "exit") == 0 || event.compare(0, 6, "failed") == 0;
      return ended == static_cast<long>(count);
    });
  };
  CHECK(run(1, 100));
  const std::size_t descriptors = open_descriptors();
  const std::size_t before = mappings();
  CHECK(run(1001, 1000));
  for (core::ProcessId id = 1001; id < 2001; ++id) {
    const std::string name = std::to_string(id);
    if (id % 10 == 0) {
      CHECK(company.count("failed " + name + " exec /nonexistent " + std::to_string(ENOENT)) == 1);
    } else {
      CHECK(company.count("spawned " + name) == 1);
      CHECK(company.place("spawned " + name) < company.place("exit " + name + " 0"));
    }
  }
  CHECK(open_descriptors() == descriptors);
  CHECK(mappings() < before + 2 * 64 + 50);
}

TEST_CASE("an exit that overtakes the report of exec is told after it") {
  Company company;
  company.spawner.spawn(Company::make(1, {"/bin/true"}));
  siginfo_t info;
  REQUIRE(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
  company.on_child(SIGCHLD);
  CHECK(company.events == std::vector<std::string>{"spawned 1", "exit 1 0"});

  company.spawner.spawn(Company::make(2, {"/nonexistent"}));
  REQUIRE(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
  company.on_child(SIGCHLD);
  CHECK(company.events[2] == "failed 2 exec /nonexistent 2");
  CHECK(company.events[3] == "orphan");
}

TEST_CASE("a spawn fails rather than take the last descriptors") {
  SpawnerOptions options = Company::own_children();
  options.descriptors = Descriptors::within(256);
  options.descriptors.lasting = 3;
  Company company(options);
  CHECK(outcome(company, Company::make(1, {"true"})) ==
        "failed 1 descriptors  " + std::to_string(EMFILE) +
            ": descriptors: " + options.descriptors.none_left());
}

TEST_CASE("a signal reaches the process, its children, or one child, and nobody when there is nobody") {
  Company company;
  const Scratch scratch;
  Lines lines(scratch);
  core::Spawn spawn = Company::make(1, {child_program, "--plain", lines.path()});
  company.spawner.spawn(spawn);
  company.spawner.spawn(Company::make(2, {child_program}));
  const int child = lines.next_number();
  REQUIRE(company.run_until([&] { return company.seen("spawned 1") && company.seen("spawned 2"); }));

  const core::Signal one{
      .process = 1, .pid = 0, .signum = SIGKILL, .reach = core::Reach::child, .child_pid = child};
  core::Signal strange = one;
  strange.child_pid = company.pids[1];
  CHECK(company.spawner.signal(strange) == ESRCH);
  CHECK(company.spawner.signal(one) == 0);
  // The zombie of the child is its parent's; a signal to the parent still works.
  CHECK(company.spawner.signal({.process = 1, .pid = 0, .signum = 0}) == 0);
  CHECK(company.spawner.signal({.process = 1, .pid = 0, .signum = 999}) == EINVAL);
  CHECK(company.spawner.signal({.process = 1, .pid = 0, .signum = SIGKILL, .watch = true}) == 0);
  CHECK_FALSE(company.seen("signalled 1 9"));
  CHECK(company.run_until_seen("gone 1"));
  CHECK(company.place("signalled 1 9") < company.place("exit 1 -9"));
  CHECK(company.place("exit 1 -9") < company.place("gone 1"));
  CHECK(company.spawner.signal({.process = 1, .pid = company.pids[0], .signum = SIGTERM}) == ESRCH);
  CHECK(company.spawner.signal({.process = 99, .pid = 1, .signum = SIGTERM}) == ESRCH);
  CHECK(company.spawner.signal({.process = 99, .pid = 0, .signum = SIGKILL, .reach = core::Reach::tree}) ==
        ESRCH);
  CHECK(company.spawner.signal({.process = 2, .pid = 0, .signum = SIGTERM}) == 0);
  CHECK(company.run_until_seen("exit 2 -15"));
}
