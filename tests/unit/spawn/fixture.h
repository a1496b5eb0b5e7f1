#pragma once

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/spawn/spawner.h"
#include "lib/base/text.h"
#include "lib/loop/loop.h"
#include "lib/loop/signal_watch.h"
#include "lib/loop/timer_watch.h"
#include "lib/os/child_list.h"
#include "lib/os/fd.h"
#include "lib/os/proc_stat.h"

namespace troupe::test {

/// A directory for all users that goes away with the files in it.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/troupe-spawn-XXXXXX";
    path_ = mkdtemp(name);
    chmod(path_.c_str(), 0777);
  }
  ~Scratch() {
    if (DIR* directory = opendir(path_.c_str())) {
      while (const dirent* entry = readdir(directory)) unlinkat(dirfd(directory), entry->d_name, 0);
      closedir(directory);
    }
    rmdir(path_.c_str());
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

  std::string write(const std::string& name, const std::string& text, mode_t mode) const {
    const std::string path = *this / name;
    const os::Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    REQUIRE(fchmod(file.get(), mode) == 0);
    return path;
  }
  std::string read(const std::string& name) const {
    const os::Fd file(open((*this / name).c_str(), O_RDONLY));
    std::string all;
    char piece[4096];
    for (ssize_t size; (size = ::read(file.get(), piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<std::size_t>(size));
    return all;
  }

 private:
  std::string path_;
};

/// A fifo in a directory: workers write lines into it, the test waits for them.
class Lines {
 public:
  explicit Lines(const Scratch& scratch) : path_(scratch / "lines") {
    mkfifo(path_.c_str(), 0666);
    chmod(path_.c_str(), 0666);
    fd_.reset(open(path_.c_str(), O_RDWR | O_CLOEXEC));
  }
  const std::string& path() const { return path_; }
  std::string next() {
    std::string line;
    for (char c; ::read(fd_.get(), &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  int next_number() { return static_cast<int>(parse_int(next()).value_or(-1)); }

 private:
  std::string path_;
  os::Fd fd_;
};

/// A spawner whose processes are children of the test, which is the subreaper of what they leave behind; what
/// came is noted in words: "spawned 1", "failed 2 exec /x 2", "exit 1 0", "signalled 1", "gone 1".
class Company : public ProcessListener {
 public:
  explicit Company(SpawnerOptions options = own_children())
      : spawner(loop, std::move(options)),
        children_(loop, SIGCHLD, Callback<void(int)>::to<&Company::on_child>(*this)),
        limit_(loop, Callback<void()>::to<&Company::on_limit>(*this)) {
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    spawner.listen(*this);
  }

  /// What was started here, and what came to us as its orphans, is nobody's news in the next test.
  ~Company() override {
    for (;;) {
      std::vector<int> children;
      os::ChildList list;
      while (const int pid = list.next()) children.push_back(pid);
      if (children.empty()) return;
      for (const int pid : children) {
        if (kill(pid, SIGKILL) != 0) return;  // another user's: a test that failed half-way
        waitpid(pid, nullptr, 0);
      }
    }
  }

  static SpawnerOptions own_children() {
    SpawnerOptions options;
    options.parent = SpawnerOptions::Parent::self;
    options.boot = "0123456789abcdef";
    options.descriptor_limit = {512, 20000};
    if (const auto now = os::get_rlimit(7 /* RLIMIT_NOFILE */)) options.descriptor_limit.hard = now->hard;
    return options;
  }

  static core::Spawn make(core::ProcessId id, std::vector<std::string> argv) {
    core::Spawn spawn{id, {}};
    spawn.spec.argv = std::move(argv);
    return spawn;
  }

  /// Runs the loop until `enough()`; false after 20 s.
  template <class Enough>
  bool run_until(Enough enough) {
    struct Check {
      Company& company;
      Enough& enough;
    } check{*this, enough};
    enough_ = {[](void* context) { return static_cast<Check*>(context)->enough(); }, &check};
    timed_out_ = false;
    limit_.set_in(20s);
    if (!enough_()) loop.run();
    enough_ = {};
    limit_.cancel();
    return !timed_out_;
  }
  bool run_until_seen(const std::string& event) {
    return run_until([&] { return seen(event); });
  }
  bool seen(const std::string& event) const { return count(event) > 0; }
  long count(const std::string& event) const { return std::count(events.begin(), events.end(), event); }
  std::size_t place(const std::string& event) const {
    return static_cast<std::size_t>(std::find(events.begin(), events.end(), event) - events.begin());
  }

  void on_spawned(core::ProcessId process, int pid, Instant) override {
    pids.push_back(pid);
    note("spawned " + std::to_string(process));
  }
  void on_spawn_failed(core::ProcessId process, const SpawnFailure& failure) override {
    note("failed " + std::to_string(process) + " " + std::string(failure.stage) + " " + failure.subject +
         " " + std::to_string(failure.error) + (failure.text.empty() ? "" : ": " + failure.text));
  }
  void on_signalled(core::ProcessId process, int pid, int signum) override {
    signalled.push_back(pid);
    note("signalled " + std::to_string(process) + " " + std::to_string(signum));
  }
  void on_tree_gone(core::ProcessId process) override { note("gone " + std::to_string(process)); }
  void on_stray(core::ProcessId process, int pid) override {
    note("stray " + std::to_string(process) + " " + std::to_string(pid));
  }
  void on_stray_gone(int pid) override { note("stray gone " + std::to_string(pid)); }

  /// Takes the exits that are there, as the keeper's messages would bring them.
  void on_child(int) {
    siginfo_t info;
    for (;;) {
      info.si_pid = 0;
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) break;
      const int status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
      const auto id = spawner.on_exit({.pid = info.si_pid,
                                       .status = status,
                                       .core_dumped = false,
                                       .user_time = {},
                                       .system_time = {},
                                       .max_rss = 0});
      note(id == 0 ? "orphan" : "exit " + std::to_string(id) + " " + std::to_string(status));
      waitpid(info.si_pid, nullptr, 0);
    }
  }

  loop::Loop loop;
  ProcessSpawner spawner;
  std::vector<std::string> events;
  std::vector<int> pids;
  std::vector<int> signalled;

 private:
  void note(std::string event) {
    events.push_back(std::move(event));
    if (enough_ && enough_()) loop.stop();
  }
  void on_limit() {
    timed_out_ = true;
    loop.stop();
  }

  loop::SignalWatch children_;
  loop::TimerWatch limit_;
  Callback<bool()> enough_;
  bool timed_out_ = false;
};

/// The helper program that tests run as a worker.
extern const char* const child_program;

/// Runs `body` in a forked process of an ordinary user (as it is when the test is one already), and gives its
/// answer: 0 = good.
template <class Body>
int as_ordinary_user(Body body) {
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(98);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    _exit(body());
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

inline bool is_alive(int pid) {
  const auto stat = os::read_proc_stat(pid);
  return stat && stat->state != 'Z';
}

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int fd = 0; fd < 4096; ++fd) count += fcntl(fd, F_GETFD) >= 0 ? 1u : 0u;
  return count;
}

}  // namespace troupe::test
