#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sched.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "daemon/keeper.h"
#include "lib/base/text.h"
#include "lib/os/fd.h"
#include "lib/os/proc_stat.h"

namespace troupe::test {

/// Reads lines that another process of the test wrote; "" at the end of file.
inline std::string read_line(int fd) {
  std::string line;
  char c;
  while (read(fd, &c, 1) == 1) {
    if (c == '\n') return line;
    line += c;
  }
  return line;
}

inline void write_line(int fd, const std::string& line) {
  const std::string text = line + "\n";
  if (write(fd, text.data(), text.size()) < 0) std::abort();
}

/// Writes into the pipe until it takes no more.
inline void fill_pipe(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  const std::string page(4096, 'x');
  while (write(fd, page.data(), page.size()) > 0) continue;
  fcntl(fd, F_SETFL, flags);
}

/// A child of the keeper made by the arbiter, as the spawner makes them; it runs `body` and never returns.
template <class Body>
int spawn_beside(Body body) {
  const long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) signal(number, SIG_DFL);
    body();
    _exit(0);
  }
  return static_cast<int>(pid);
}

inline void sleep_for_ever() {
  for (;;) pause();
}

inline char state_of(int pid) {
  const auto stat = os::read_proc_stat(pid);
  return stat ? stat->state : '-';
}

/// News until `enough(news so far)`; exits are not acknowledged.
template <class Enough>
KeeperLink::News wait_for_news(KeeperLink& link, Enough enough) {
  KeeperLink::News all;
  while (!enough(all) && !all.keeper_gone) {
    pollfd entry{link.fd(), POLLIN, 0};
    poll(&entry, 1, -1);
    auto news = link.read();
    all.exits.insert(all.exits.end(), news.exits.begin(), news.exits.end());
    all.signals.insert(all.signals.end(), news.signals.begin(), news.signals.end());
    all.keeper_gone = news.keeper_gone;
  }
  return all;
}

inline Exit wait_for_exit(KeeperLink& link) {
  return wait_for_news(link, [](const auto& news) { return !news.exits.empty(); }).exits.front();
}

/// A keeper in a process of its own whose arbiter runs `body(link, out)`; what that writes to `out` and both
/// processes to standard error can be read here.
class KeeperRun {
 public:
  template <class Body>
  explicit KeeperRun(Body body) {
    auto out = os::open_pipe();
    auto err = os::open_pipe();
    std::fflush(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(err->write.get(), STDERR_FILENO);
      err->write.reset();
      err->read.reset();
      out->read.reset();
      _exit(run(body, out->write));
    }
    out_ = std::move(out->read);
    err_ = std::move(err->read);
  }

  template <class Body>
  static int run(Body body, os::Fd& out) {
    struct Program : ArbiterProgram {
      Program(Body b, os::Fd& o) : body(b), out(o) {}
      int run(KeeperLink link) override {
        body(link, out.get());
        _exit(0);
      }
      Body body;
      os::Fd& out;
    } program(body, out);
    // The arbiter alone holds the writing end, so that its end is seen here.
    Launch launch;
    return run_keeper(program, launch);
  }

  int pid() const { return pid_; }
  /// Its first child: the arbiter.
  int child() const {
    const std::string pid = std::to_string(pid_);
    const os::Fd list(open(("/proc/" + pid + "/task/" + pid + "/children").c_str(), O_RDONLY));
    return std::atoi(read_line(list.get()).c_str());
  }
  std::string line() { return read_line(out_.get()); }
  int number() { return static_cast<int>(parse_int(line()).value_or(-1)); }
  /// The exit status of the keeper, or minus a signal.
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  /// From now on standard error is a pipe without a reader.
  void stop_reading_errors() { err_.reset(); }
  std::string error_line() { return read_line(err_.get()); }
  std::string errors() {
    std::string all;
    for (std::string text = read_line(err_.get()); !text.empty(); text = read_line(err_.get()))
      all += text + "\n";
    return all;
  }

 private:
  int pid_;
  os::Fd out_;
  os::Fd err_;
};

}  // namespace troupe::test
