#include "daemon/keeper.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "daemon/keeper_clock.h"
#include "daemon/keeper_protocol.h"
#include "lib/os/sockets.h"
#include "tests/unit/keeper/fixture.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// The next child is PID 1 of a namespace of its own.
bool enter_pid_namespace() {
  return unshare(CLONE_NEWPID) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0;
}

/// Whether this machine lets the test be PID 1 somewhere.
bool has_pid_namespaces() {
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) _exit(enter_pid_namespace() ? 0 : 1);
  int status = 0;
  waitpid(pid, &status, 0);
  return status == 0;
}

}  // namespace

TEST_CASE("the keeper greets with its pid, a boot id of 16 hex digits and the limit it raised") {
  rlimit own;
  getrlimit(RLIMIT_NOFILE, &own);
  const rlimit lowered{64, own.rlim_max};
  setrlimit(RLIMIT_NOFILE, &lowered);
  KeeperRun keeper([](KeeperLink& link, int out) {
    rlimit raised;
    getrlimit(RLIMIT_NOFILE, &raised);
    write_line(out, std::to_string(link.keeper_pid()));
    write_line(out, link.boot());
    write_line(out, std::to_string(*link.original_descriptor_limit().soft));
    write_line(out, raised.rlim_cur == raised.rlim_max ? "raised" : "not raised");
    link.done(0);
  });
  setrlimit(RLIMIT_NOFILE, &own);
  CHECK(keeper.number() == keeper.pid());
  const std::string boot = keeper.line();
  CHECK(boot.size() == 16);
  CHECK(boot.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(keeper.number() == 64);
  CHECK(keeper.line() == "raised");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("the arbiter leads its own session and ignores the signals that the keeper passes on") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    write_line(out, getsid(0) == getpid() ? "leads" : "follows");
    for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) kill(getpid(), number);
    write_line(out, "alive");
    link.done(0);
  });
  CHECK(keeper.line() == "leads");
  CHECK(keeper.line() == "alive");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("an exit comes with status and usage and stays a zombie until it is acknowledged") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    const int pid = spawn_beside([] { _exit(7); });
    const Exit exit = wait_for_exit(link);
    write_line(out, exit.pid == pid && exit.status == 7 && !exit.core_dumped ? "exit 7" : "wrong");
    write_line(out, exit.max_rss > 0 ? "usage" : "no usage");
    write_line(out, std::string(1, state_of(pid)));
    link.ack(pid);
    while (state_of(pid) == 'Z') sched_yield();
    write_line(out, std::string(1, state_of(pid)));
    const int next = spawn_beside([] { kill(getpid(), SIGKILL); });
    const Exit second = wait_for_exit(link);
    write_line(out, second.pid == next && second.status == -SIGKILL ? "killed" : "wrong");
    link.ack(next);
    link.done(0);
  });
  CHECK(keeper.line() == "exit 7");
  CHECK(keeper.line() == "usage");
  CHECK(keeper.line() == "Z");
  CHECK(keeper.line() == "-");
  CHECK(keeper.line() == "killed");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("a thousand children killed at once give a thousand exits, each once") {
  constexpr int count = 1000;
  KeeperRun keeper([](KeeperLink& link, int out) {
    std::set<int> pids;
    for (int i = 0; i < count; ++i) pids.insert(spawn_beside(sleep_for_ever));
    for (const int pid : pids) kill(pid, SIGKILL);
    int exits = 0;
    int strange = 0;
    while (exits < count) {
      const auto news = wait_for_news(link, [](const auto& n) { return !n.exits.empty(); });
      for (const Exit& exit : news.exits) {
        ++exits;
        if (pids.erase(exit.pid) != 1 || exit.status != -SIGKILL) ++strange;
        link.ack(exit.pid);
      }
    }
    // One more, to see that nothing came twice in between.
    const int last = spawn_beside([] {});
    const Exit exit = wait_for_exit(link);
    write_line(out, std::to_string(strange) + " " + std::to_string(pids.size()));
    write_line(out, exit.pid == last ? "last" : "other");
    link.done(0);
  });
  CHECK(keeper.line() == "0 0");
  CHECK(keeper.line() == "last");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("no more than 64 exits are sent ahead of their acknowledgement, and the rest follows it") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    constexpr int count = 200;
    std::vector<int> pids;
    for (int i = 0; i < count; ++i) pids.push_back(spawn_beside(sleep_for_ever));
    for (const int pid : pids) kill(pid, SIGKILL);
    // All are zombies before the first message is read.
    for (const int pid : pids) {
      while (state_of(pid) != 'Z') sched_yield();
    }
    std::vector<Exit> waiting;
    std::size_t most = 0;
    std::size_t seen = 0;
    while (seen < count) {
      auto news = wait_for_news(link, [](const auto& n) { return !n.exits.empty(); });
      seen += news.exits.size();
      waiting.insert(waiting.end(), news.exits.begin(), news.exits.end());
      most = std::max(most, waiting.size());
      link.ack(waiting.back().pid);
      waiting.pop_back();
      if (waiting.size() < keeper::max_in_flight / 2) continue;
      for (const Exit& exit : waiting) link.ack(exit.pid);
      waiting.clear();
    }
    write_line(out, most <= keeper::max_in_flight ? "bounded" : "unbounded");
    link.done(0);
  });
  CHECK(keeper.line() == "bounded");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("orphans of a process come to the keeper and are told of") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    int ends[2];
    if (pipe(ends) != 0) return;
    const int pid = spawn_beside([ends] {
      const pid_t orphan = fork();
      if (orphan == 0) {
        char c;
        close(ends[1]);
        if (read(ends[0], &c, 1) >= 0) _exit(5);
      }
      _exit(0);
    });
    const Exit first = wait_for_exit(link);
    link.ack(first.pid);
    close(ends[1]);
    const Exit second = wait_for_exit(link);
    write_line(out, first.pid == pid ? "parent" : "wrong");
    write_line(out, second.pid != pid && second.status == 5 ? "orphan" : "wrong");
    link.done(0);
  });
  CHECK(keeper.line() == "parent");
  CHECK(keeper.line() == "orphan");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("every signal to the keeper is one message") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    write_line(out, "up");
    for (int i = 0; i < 8; ++i) {
      const auto news = wait_for_news(link, [](const auto& n) { return !n.signals.empty(); });
      write_line(out, std::to_string(news.signals.size() == 1 ? news.signals.front() : -1));
    }
    link.done(0);
  });
  CHECK(keeper.line() == "up");
  for (const int number : {SIGTERM, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH}) {
    kill(keeper.pid(), number);
    CHECK(keeper.number() == number);
  }
  CHECK(keeper.wait() == 0);
}

TEST_CASE("a signal that does not fit into the socket is not lost") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    // The test sends more signals than the socket holds while nobody reads, then a last one.
    write_line(out, "up");
    const auto news = wait_for_news(link, [](const auto& n) {
      return std::find(n.signals.begin(), n.signals.end(), SIGWINCH) != n.signals.end();
    });
    write_line(out, news.signals.size() > 600 ? "many" : std::to_string(news.signals.size()));
    const int pid = spawn_beside([] {});
    write_line(out, wait_for_exit(link).pid == pid ? "exit" : "wrong");
    link.done(0);
  });
  CHECK(keeper.line() == "up");
  const auto arbiter = [&] {
    os::Fd children(
        open(("/proc/" + std::to_string(keeper.pid()) + "/task/" + std::to_string(keeper.pid()) + "/children")
                 .c_str(),
             O_RDONLY));
    return std::atoi(read_line(children.get()).c_str());
  }();
  REQUIRE(arbiter > 0);
  kill(arbiter, SIGSTOP);
  for (int i = 0; i < 800; ++i) {
    kill(keeper.pid(), SIGHUP);
    // The keeper sleeps in poll only when it has taken the signal.
    const std::string path = "/proc/" + std::to_string(keeper.pid()) + "/status";
    for (bool pending = true; pending;) {
      os::Fd status(open(path.c_str(), O_RDONLY));
      char text[4096] = {};
      if (read(status.get(), text, sizeof text - 1) < 0) break;
      const char* shared = std::strstr(text, "ShdPnd:");
      pending = shared != nullptr && std::strtoull(shared + 7, nullptr, 16) != 0;
    }
  }
  kill(keeper.pid(), SIGWINCH);
  kill(arbiter, SIGCONT);
  CHECK(keeper.line() == "many");
  CHECK(keeper.line() == "exit");
  CHECK(keeper.wait() == 0);
}

TEST_CASE("the keeper exits with the code of done, and of failed with its text") {
  KeeperRun done([](KeeperLink& link, int) { link.done(4); });
  CHECK(done.wait() == 4);
  CHECK(done.errors() == "");
  KeeperRun failed([](KeeperLink& link, int) { link.failed(3, "bind control: Address in use"); });
  CHECK(failed.wait() == 3);
  CHECK(failed.errors() == "trouped: bind control: Address in use\n");
  KeeperRun wordy([](KeeperLink& link, int) { link.failed(1, std::string(5000, 'x')); });
  CHECK(wordy.wait() == 1);
  CHECK(wordy.errors() == "trouped: " + std::string(495, 'x') + "\n");
}

TEST_CASE(
    "an arbiter that is killed takes everything down, stubborn children included, and the keeper exits 1") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    const auto stubborn = [out] {
      signal(SIGTERM, SIG_IGN);
      write_line(out, std::to_string(getpid()));
      sleep_for_ever();
    };
    const auto hidden = [out] {  // its child is nobody's but its own until it dies
      if (fork() == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        write_line(out, std::to_string(getpid()));
      }
      sleep_for_ever();
    };
    const auto stopped = [out] {
      write_line(out, std::to_string(getpid()));
      raise(SIGSTOP);
    };
    link.ready();
    spawn_beside(stubborn);
    spawn_beside(hidden);
    spawn_beside(stopped);
    sleep_for_ever();
  });
  const int pids[] = {keeper.number(), keeper.number(), keeper.number()};
  os::Fd list(
      open(("/proc/" + std::to_string(keeper.pid()) + "/task/" + std::to_string(keeper.pid()) + "/children")
               .c_str(),
           O_RDONLY));
  const int arbiter = std::atoi(read_line(list.get()).c_str());
  kill(arbiter, SIGKILL);
  CHECK(keeper.wait() == 1);
  for (const int pid : pids) CHECK(kill(pid, 0) == -1);
  CHECK(keeper.errors() == "trouped: the arbiter (pid " + std::to_string(arbiter) +
                               ") was killed by signal 9; stopping everything\n");
}

TEST_CASE("an arbiter that is killed takes everything down though standard error is broken or full") {
  for (const bool broken : {true, false}) {
    CAPTURE(broken);
    KeeperRun keeper([broken](KeeperLink& link, int out) {
      if (!broken) fill_pipe(STDERR_FILENO);
      link.ready();
      write_line(out, std::to_string(getpid()));
      write_line(out, std::to_string(spawn_beside(sleep_for_ever)));
      sleep_for_ever();
    });
    const int arbiter = keeper.number();
    const int worker = keeper.number();
    REQUIRE(arbiter > 0);
    if (broken) keeper.stop_reading_errors();
    kill(arbiter, SIGKILL);
    CHECK(keeper.wait() == 1);
    CHECK(state_of(worker) == '-');
  }
}

TEST_CASE("a second signal to stop hurries the taking down") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    link.ready();
    spawn_beside([out] {
      sigset_t asked;  // blocked: it may come before it is waited for
      sigemptyset(&asked);
      sigaddset(&asked, SIGTERM);
      sigprocmask(SIG_BLOCK, &asked, nullptr);
      write_line(out, std::to_string(getpid()));
      int number = 0;
      sigwait(&asked, &number);
      write_line(out, "asked");
      sleep_for_ever();
    });
    wait_for_news(link, [](const auto& n) { return !n.signals.empty(); });
    _exit(9);
  });
  const int pid = keeper.number();
  kill(keeper.pid(), SIGTERM);
  CHECK(keeper.line() == "asked");
  kill(keeper.pid(), SIGTERM);
  CHECK(keeper.wait() == 1);
  CHECK(kill(pid, 0) == -1);
  CHECK(keeper.errors().find("exited unasked with status 9") != std::string::npos);
}

TEST_CASE("the taking down leaves what only another user may signal, and ends the rest" *
          doctest::skip(geteuid() != 0)) {
  REQUIRE(setresuid(65534, 65534, 0) == 0);  // as a keeper whose arbiter starts a setuid program
  KeeperRun keeper([](KeeperLink& link, int out) {
    link.ready();
    if (setresuid(0, 0, 0) != 0) _exit(8);
    write_line(out, std::to_string(spawn_beside(sleep_for_ever)));
    write_line(out, std::to_string(spawn_beside([out] {
                 signal(SIGTERM, SIG_IGN);
                 if (setresuid(65534, 65534, 65534) != 0) _exit(8);
                 write_line(out, "ready");
                 sleep_for_ever();
               })));
    _exit(9);
  });
  REQUIRE(setresuid(0, 0, 0) == 0);
  std::vector<int> pids;
  for (int i = 0; i < 3; ++i) {  // "ready" may come before the pid
    if (const int pid = keeper.number(); pid > 0) pids.push_back(pid);
  }
  REQUIRE(pids.size() == 2);
  CHECK(keeper.wait() == 1);
  CHECK(state_of(pids[0]) == 'S');
  CHECK(state_of(pids[1]) == '-');
  kill(pids[0], SIGKILL);
}

TEST_CASE("an arbiter that is stopped is told of at the first signal to stop and killed at the second") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    link.ready();
    write_line(out, "up");
    raise(SIGSTOP);
  });
  CHECK(keeper.line() == "up");
  const int arbiter = keeper.child();
  while (state_of(arbiter) != 'T') sched_yield();
  const std::string name = "trouped: the arbiter (pid " + std::to_string(arbiter) + ")";
  kill(keeper.pid(), SIGTERM);
  CHECK(keeper.error_line() ==
        name + " is stopped by a signal and hears nothing until SIGCONT; a second request to stop kills it");
  const std::int64_t asked = keeper::now_ms();
  kill(keeper.pid(), SIGTERM);
  CHECK(keeper.wait() == 1);
  CHECK(keeper::now_ms() - asked < 5000);
  CHECK(keeper.errors() == name + " is stopped by a signal and was asked to stop twice: it is killed\n" +
                               name + " was killed by signal 9; stopping everything\n");
}

TEST_CASE("an arbiter that hangs is killed when a second signal to stop came and it read none for 5 s") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    link.ready();
    spawn_beside([out] {
      write_line(out, std::to_string(getpid()));
      sleep_for_ever();
    });
    write_line(out, std::to_string(getpid()));
    sleep_for_ever();
  });
  const int one = keeper.number();
  const int two = keeper.number();
  const int arbiter = keeper.child();
  const int worker = one == arbiter ? two : one;
  const std::string name = "trouped: the arbiter (pid " + std::to_string(arbiter) + ")";
  const std::int64_t asked = keeper::now_ms();
  kill(keeper.pid(), SIGTERM);
  CHECK(keeper.error_line() ==
        name + " does not react to the request to stop; after a second one it has 5 s, then it is killed");
  kill(keeper.pid(), SIGINT);
  CHECK(keeper.wait() == 1);
  CHECK(keeper::now_ms() - asked >= 5000);
  CHECK(state_of(worker) == '-');
  CHECK(keeper.errors() == name + " does not react to the request to stop: it is killed\n" + name +
                               " was killed by signal 9; stopping everything\n");
}

TEST_CASE("an arbiter that takes its time after a second signal to stop, which it heard, is left alone") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    link.ready();
    write_line(out, "up");
    wait_for_news(link, [](const auto& n) { return n.signals.size() == 2; });
    write_line(out, "heard");
    pollfd nothing{-1, 0, 0};
    poll(&nothing, 1, 6000);  // longer than the keeper's patience
    link.done(0);
  });
  CHECK(keeper.line() == "up");
  kill(keeper.pid(), SIGTERM);
  kill(keeper.pid(), SIGINT);
  CHECK(keeper.line() == "heard");
  CHECK(keeper.wait() == 0);
  CHECK(keeper.errors() == "");
}

TEST_CASE("a keeper that dies is the end of file of the arbiter") {
  KeeperRun keeper([](KeeperLink& link, int out) {
    write_line(out, "up");
    const auto news = wait_for_news(link, [](const auto&) { return false; });
    write_line(out, news.keeper_gone && !link.ack(1) ? "gone" : "there");
  });
  CHECK(keeper.line() == "up");
  kill(keeper.pid(), SIGKILL);
  CHECK(keeper.wait() == -SIGKILL);
  CHECK(keeper.line() == "gone");
}

TEST_CASE("a greeting of another version or none at all is refused") {
  auto pair = os::open_message_pair();
  keeper::Hello hello;
  hello.version = keeper::protocol_version + 1;
  REQUIRE(send(pair->first.get(), &hello, sizeof hello, 0) == sizeof hello);
  auto link = KeeperLink::open(std::move(pair->second));
  REQUIRE_FALSE(link);
  CHECK(link.error().text == "keeper: it speaks another version of the protocol");

  auto closed = os::open_message_pair();
  closed->first.reset();
  CHECK_FALSE(KeeperLink::open(std::move(closed->second)));
}

TEST_CASE("as PID 1 the keeper reaps orphans and ends what is left after an ordered stop" *
          doctest::skip(!has_pid_namespaces())) {
  auto report = os::open_pipe();
  auto pids = os::open_pipe();
  std::fflush(nullptr);
  const pid_t outer = fork();
  if (outer == 0) {
    if (!enter_pid_namespace()) _exit(98);
    const pid_t init = fork();
    if (init == 0) {
      _exit(KeeperRun::run(
          [](KeeperLink& link, int out) {
            spawn_beside([] {
              if (fork() == 0) sleep_for_ever();
            });
            const Exit first = wait_for_exit(link);
            link.ack(first.pid);
            write_line(out, std::to_string(link.keeper_pid()));
            wait_for_news(link, [](const auto& n) { return !n.signals.empty(); });
            link.done(0);
          },
          report->write));
    }
    report->write.reset();
    write_line(pids->write.get(), std::to_string(init));
    int status = 0;
    waitpid(init, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
  }
  report->write.reset();
  pids->write.reset();
  const std::string line = read_line(report->read.get());
  const auto init = parse_int(read_line(pids->read.get()));
  // As a container runtime would stop it.
  if (init) kill(static_cast<pid_t>(*init), SIGTERM);
  int status = 0;
  waitpid(outer, &status, 0);
  CHECK(line == "1");
  CHECK(WEXITSTATUS(status) == 0);
}
