#include "daemon/launch.h"
#include "daemon/pid_file.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "tests/unit/keeper/fixture.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A directory that goes away with what is in it.
struct Directory {
  Directory() {
    char name[] = "/tmp/troupe-launch-XXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() {
    unlink(file().c_str());
    rmdir(path.c_str());
  }
  std::string file() const { return path + "/x.pid"; }
  std::string path;
};

void write_file(const std::string& path, const std::string& text) {
  os::Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
  REQUIRE(write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string content(const std::string& path) {
  os::Fd file(open(path.c_str(), O_RDONLY));
  char text[1024];
  const ssize_t size = read(file.get(), text, sizeof text);
  return size < 0 ? "none" : std::string(text, static_cast<std::size_t>(size));
}

/// Runs go_to_background() in a child with standard error into a pipe, and `body(launch)` in the background.
struct Background {
  template <class Body>
  explicit Background(Body body) {
    auto pipe = os::open_pipe();
    std::fflush(nullptr);
    pid = fork();
    if (pid == 0) {
      dup2(pipe->write.get(), STDERR_FILENO);
      pipe->write.reset();
      auto launch = go_to_background();
      if (!launch) _exit(99);
      body(*launch);
      _exit(0);
    }
    errors = std::move(pipe->read);
  }
  int wait() {
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  pid_t pid;
  os::Fd errors;
};

}  // namespace

TEST_CASE("a start in the background returns 0 after the report and not before") {
  auto go = os::open_pipe();
  auto told = os::open_pipe();
  Background start([&](Launch& launch) {
    write_line(told->write.get(), getsid(0) != getpid() && getppid() != 0 ? "waiting" : "wrong");
    read_line(go->read.get());
    launch.report(0);
    // Standard error is /dev/null from now on, so the reader of the pipe comes to its end.
    write_line(STDERR_FILENO, "unheard");
    write_line(told->write.get(), launch.in_background() ? "background" : "foreground");
    read_line(go->read.get());
  });
  CHECK(read_line(told->read.get()) == "waiting");
  CHECK(waitpid(start.pid, nullptr, WNOHANG) == 0);
  write_line(go->write.get(), "go");
  CHECK(start.wait() == 0);
  CHECK(read_line(told->read.get()) == "background");
  CHECK(read_line(start.errors.get()) == "");
  write_line(go->write.get(), "end");
}

TEST_CASE("a start in the background that fails returns the code, and its message stands on standard error") {
  Background start([](Launch& launch) {
    write_line(STDERR_FILENO, "trouped: bind: Address in use");
    launch.report(3);
    launch.report(0);
  });
  CHECK(start.wait() == 3);
  CHECK(read_line(start.errors.get()) == "trouped: bind: Address in use");
}

TEST_CASE("a start in the background that dies without a report returns 1 and says so") {
  Background start([](Launch&) { raise(SIGKILL); });
  CHECK(start.wait() == 1);
  CHECK(read_line(start.errors.get()) == "trouped: it ended before it was ready");
}

TEST_CASE(
    "the keeper reports to the launcher that its arbiter is ready; its code says that it failed or died") {
  struct Program : ArbiterProgram {
    explicit Program(int m) : mode(m) {}
    int run(KeeperLink link) override {
      if (mode == 0) link.ready();
      if (mode == 0) link.done(0);
      if (mode == 1) link.failed(2, "no luck");
      return 0;
    }
    int mode;
  };
  const auto start = [](int mode) {
    return Background([mode](Launch& launch) {
      Program program(mode);
      const int code = run_keeper(program, launch);
      launch.report(code);
    });
  };
  CHECK(start(0).wait() == 0);
  Background failed = start(1);
  CHECK(failed.wait() == 2);
  CHECK(read_line(failed.errors.get()) == "trouped: no luck");
  CHECK(start(2).wait() == 1);
}

TEST_CASE(
    "once it is ready a background arbiter and what it starts have /dev/null for standard descriptors") {
  struct Program : ArbiterProgram {
    int run(KeeperLink link) override {
      write_line(STDERR_FILENO, "before");
      link.ready();
      write_line(STDERR_FILENO, "after");
      const auto child_told = os::open_pipe();
      spawn_beside([&] {
        write_line(told->write.get(), standard_descriptors());
        write_line(child_told->write.get(), "told");
        sleep_for_ever();
      });
      read_line(child_told->read.get());  // the end of this process is the end of that one
      write_line(told->write.get(), standard_descriptors());
      return 0;
    }
    static std::string standard_descriptors() {
      std::string names;
      for (const int fd : {0, 1, 2}) {
        char name[64];
        const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name, sizeof name);
        names.append(name, size > 0 ? static_cast<std::size_t>(size) : 0).append(" ");
      }
      return names;
    }
    Result<os::Pipe> told = os::open_pipe();
  } program;
  Background start([&](Launch& launch) { run_keeper(program, launch); });
  program.told->write.reset();
  CHECK(start.wait() == 0);
  CHECK(read_line(start.errors.get()) == "before");
  CHECK(read_line(start.errors.get()) == "");
  CHECK(read_line(program.told->read.get()) == "/dev/null /dev/null /dev/null ");
  CHECK(read_line(program.told->read.get()) == "/dev/null /dev/null /dev/null ");
}

TEST_CASE("a pid file holds the pid and a new line, is readable for all and goes away at the end") {
  const Directory directory;
  const mode_t before = umask(077);
  {
    auto file = PidFile::claim(directory.file());
    REQUIRE(file);
    CHECK(content(directory.file()) == std::to_string(getpid()) + "\n");
    struct stat info;
    REQUIRE(stat(directory.file().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0644);
    const PidFile moved = *std::move(file);
    CHECK(access(directory.file().c_str(), F_OK) == 0);
  }
  umask(before);
  CHECK(access(directory.file().c_str(), F_OK) == -1);
}

namespace {

/// A process of that name that lives as long as the object.
class Named {
 public:
  explicit Named(const char* name) {
    auto pipe = os::open_pipe();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_NAME, name, 0, 0, 0);
      write_line(pipe->write.get(), "named");
      sleep_for_ever();
    }
    read_line(pipe->read.get());
  }
  ~Named() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::string pid() const { return std::to_string(pid_); }

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("a pid file that names a living daemon is taken") {
  for (const char* name : {"trouped", "circusd"}) {
    const Directory directory;
    const Named other(name);
    write_file(directory.file(), other.pid() + "\n");
    const auto file = PidFile::claim(directory.file());
    REQUIRE_FALSE(file);
    CHECK(file.error().text == "pid file '" + directory.file() + "' is taken: it names the living process " +
                                   other.pid() + " (" + name + "); stop that or remove the file");
    CHECK(content(directory.file()) == other.pid() + "\n");
  }
}

TEST_CASE("the pid of a daemon long gone that another program has now is in nobody's way") {
  const Directory directory;
  const Named other("httpd");
  write_file(directory.file(), other.pid() + "\n");
  const auto file = PidFile::claim(directory.file());
  CHECK(content(directory.file()) == std::to_string(getpid()) + "\n");
}

TEST_CASE("a pid file of a dead process, an empty one or one with our own pid is overwritten") {
  const Directory directory;
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  const std::string own = std::to_string(getpid()) + "\n";
  for (const std::string& text :
       {std::to_string(child) + "\n", std::string(), std::string("999999999999"), own}) {
    write_file(directory.file(), text);
    CAPTURE(text);
    CHECK(PidFile::claim(directory.file()));
    write_file(directory.file(), text);
    const auto file = PidFile::claim(directory.file());
    CHECK(content(directory.file()) == own);
  }
}

TEST_CASE("what is no pid file is refused and stays as it is") {
  const Directory directory;
  for (const std::string& text : {std::string("no number"), std::string("-5"), std::string(500, '1'),
                                  std::string("[troupe]\n"), std::string("12 13")}) {
    write_file(directory.file(), text);
    CAPTURE(text);
    const auto file = PidFile::claim(directory.file());
    REQUIRE_FALSE(file);
    CHECK(file.error().text ==
          "pid file '" + directory.file() +
              "' holds something else than a pid: it is left as it is; name another file, or "
              "remove this one");
    CHECK(content(directory.file()) == text);
  }
  unlink(directory.file().c_str());
  REQUIRE(symlink("/nonexistent/elsewhere", directory.file().c_str()) == 0);
  const auto link = PidFile::claim(directory.file());
  REQUIRE_FALSE(link);
  CHECK(link.error().text.find("is a symbolic link") != std::string::npos);
  unlink(directory.file().c_str());
  REQUIRE(mkfifo(directory.file().c_str(), 0600) == 0);
  CHECK_FALSE(PidFile::claim(directory.file()));
  CHECK(access(directory.file().c_str(), F_OK) == 0);
  unlink(directory.file().c_str());
  CHECK(PidFile::claim("/tmp").error().text == "open /tmp: Is a directory");
}

TEST_CASE("a pid file that names another process at the end stays, and so it does in a forked child") {
  const Directory directory;
  {
    auto file = PidFile::claim(directory.file());
    REQUIRE(file);
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      { const PidFile mine = *std::move(file); }
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    CHECK(access(directory.file().c_str(), F_OK) == 0);
    write_file(directory.file(), "1\n");
  }
  CHECK(content(directory.file()) == "1\n");
}

TEST_CASE("a pid file in no directory is an error that names it") {
  const auto file = PidFile::claim("/nonexistent/x.pid");
  REQUIRE_FALSE(file);
  CHECK(file.error().text == "open /nonexistent/x.pid: No such file or directory");
}
