#include "lib/log/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "lib/base/duration.h"
#include "lib/log/facility.h"
#include "lib/log/line_file.h"

using namespace troupe;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/troupe-log-XXXXXX";
    REQUIRE(mkdtemp(name));
    path = name;
  }
  ~Folder() {
    for (const char* name : {"/log", "/log.1"}) std::remove((path + name).c_str());
    std::remove(path.c_str());
  }
  std::string file() const { return path + "/log"; }
};

std::string content(const std::string& path) {
  std::string text;
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
    std::fclose(file);
  }
  return text;
}

/// Standard error leads to the writing end of a pipe meanwhile.
struct PipedStderr {
  int ends[2];
  int saved = dup(2);
  PipedStderr() {
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    dup2(ends[1], 2);
  }
  ~PipedStderr() {
    dup2(saved, 2);
    close(saved);
    close(ends[1]);
    if (ends[0] >= 0) close(ends[0]);
  }
  std::string take() {
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string text;
    char block[65536];
    for (ssize_t got; (got = read(ends[0], block, sizeof block)) > 0;)
      text.append(block, static_cast<std::size_t>(got));
    return text;
  }
};

std::string without_stamp(const std::string& line) {
  return line.substr(std::string("2026-11-21 18:58:08 ").size());
}

}  // namespace

TEST_CASE("a line has its time, program, pid and level") {
  Folder folder;
  REQUIRE(log::open({.output = folder.file(), .program = "circus"}));
  log::warning("{} of {}", 3, "web");
  const std::string line = content(folder.file());
  CHECK(line[4] == '-');
  CHECK(line[10] == ' ');
  CHECK(line[13] == ':');
  CHECK(without_stamp(line) == "circus[" + std::to_string(getpid()) + "] [WARNING] 3 of web\n");
  REQUIRE(log::open({}));
}

TEST_CASE("lines below the level are not written") {
  Folder folder;
  REQUIRE(log::open({.level = log::Level::error, .output = folder.file(), .program = "100%t"}));
  log::debug("no");
  log::info("no");
  log::warning("no");
  log::error("one");
  log::critical("two");
  CHECK(log::enabled(log::Level::critical));
  CHECK_FALSE(log::enabled(log::Level::warning));
  log::set_level(log::Level::debug);
  log::debug("three");
  const std::string text = content(folder.file());
  CHECK(text.find("no\n") == std::string::npos);
  CHECK(text.find("100%t[") != std::string::npos);
  CHECK(text.find("[ERROR] one\n") != std::string::npos);
  CHECK(text.find("[CRITICAL] two\n") != std::string::npos);
  CHECK(text.find("[DEBUG] three\n") != std::string::npos);
  REQUIRE(log::open({}));
}

TEST_CASE("what others send cannot forge lines or move the cursor") {
  Folder folder;
  REQUIRE(log::open({.output = folder.file()}));
  log::info("{}", std::string("a\nb\r\x1b[2J\0\tc", 11));
  CHECK(content(folder.file()).ends_with("] [INFO] a\\nb\\r\\x1b[2J\\x00\tc\n"));
  REQUIRE(log::open({}));
}

TEST_CASE("levels are read whatever their case") {
  CHECK(*log::parse_level("DEBUG") == log::Level::debug);
  CHECK(*log::parse_level("warn") == log::Level::warning);
  CHECK(*log::parse_level("Critical") == log::Level::critical);
  CHECK(log::parse_level("loud").error().text ==
        "unknown log level 'loud': one of debug, info, warning, error, critical");
}

TEST_CASE("an output that cannot be is an error and changes nothing") {
  Folder folder;
  REQUIRE(log::open({.output = folder.file()}));
  CHECK(log::open({.output = "/nonexistent/log"}).error().text ==
        "open /nonexistent/log: No such file or directory");
  CHECK(log::open({.output = "syslog://?nobody"}).error().text == "unknown syslog facility 'nobody'");
  log::info("still here");
  CHECK(content(folder.file()).ends_with("still here\n"));
  REQUIRE(log::open({}));
}

TEST_CASE("a file that was renamed away is opened anew") {
  Folder folder;
  auto file = log::LineFile::open(folder.file());
  REQUIRE(file);
  REQUIRE(std::rename(folder.file().c_str(), (folder.path + "/log.1").c_str()) == 0);
  file->write("new\n");  // the first write always looks
  CHECK(content(folder.file()) == "new\n");
  CHECK(content(folder.path + "/log.1") == "");
}

TEST_CASE("a full pipe takes no time, and what it did not take is counted") {
  PipedStderr piped;
  log::LineFile file;
  const std::string line(999, 'x');
  const Instant start = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) file.write(line + "\n");
  CHECK(std::chrono::steady_clock::now() - start < 5s);
  const std::string taken = piped.take();
  CHECK(taken.size() <= 65536);
  CHECK(taken.size() >= 1000);
  file.write("again\n");
  const std::string later = piped.take();
  CHECK(later.ends_with(" log lines were dropped here: no room\nagain\n"));
  CHECK(std::stoul(later) + static_cast<unsigned long>(taken.size()) / 1000 == 1000);
}

TEST_CASE("a reader that left does not end us") {
  PipedStderr piped;
  close(piped.ends[0]);
  piped.ends[0] = -1;
  log::LineFile file;
  file.write("to nobody\n");
  file.write("to nobody\n");
  CHECK(true);
}

TEST_CASE("lines longer than a pipe's atomic size arrive whole") {
  PipedStderr piped;
  log::LineFile file;
  const std::string line = std::string(20000, 'x') + "\n";
  file.write(line);
  CHECK(piped.take() == line);
}

TEST_CASE("a long line that found no room midway is ended before the next one") {
  PipedStderr piped;
  log::LineFile file;
  file.write(std::string(100000, 'x') + "\n");
  const std::string taken = piped.take();
  CHECK(taken.size() < 100000);
  CHECK(taken.find_first_not_of('x') == std::string::npos);
  file.write("next\n");
  CHECK(piped.take() == " [...]\n1 log lines were dropped here: no room\nnext\n");
  file.write("after\n");
  CHECK(piped.take() == "after\n");
}

namespace {

std::string datagram(int fd) {
  char text[2048];
  const ssize_t size = recv(fd, text, sizeof text, 0);
  return size < 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

/// A syslog daemon at that path; whatever was there before is gone.
int listen_at(const std::string& path) {
  unlink(path.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path.c_str());
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

}  // namespace

TEST_CASE("facilities of syslog have their names, in capitals too") {
  CHECK(log::find_facility("authpriv") == LOG_AUTHPRIV);
  CHECK(log::find_facility("LOCAL7") == LOG_LOCAL7);
  CHECK_FALSE(log::find_facility("local8"));
}

TEST_CASE("syslog of a host gets a datagram with facility, level, program and pid") {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::string host = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  REQUIRE(log::open({.output = "syslog://" + host + "?local3", .program = "circus"}));
  log::warning("hello\n");
  CHECK(datagram(fd) == "<156>circus[" + std::to_string(getpid()) + "]: hello\\n");
  REQUIRE(log::open({.output = "syslog://" + host, .program = "circus"}));
  log::info("x");
  CHECK(datagram(fd).starts_with("<14>"));
  REQUIRE(log::open({}));
  close(fd);
}

TEST_CASE("syslog behind a path is found again when it was started anew") {
  Folder folder;
  int fd = listen_at(folder.file());
  REQUIRE(log::open({.output = "syslog://" + folder.file() + "?daemon"}));
  log::error("one");
  CHECK(datagram(fd).ends_with("]: one"));
  close(fd);
  fd = listen_at(folder.file());
  log::error("two");
  CHECK(datagram(fd).ends_with("]: two"));
  close(fd);
  REQUIRE(log::open({}));
}

TEST_CASE("a syslog that is not there is an error") {
  CHECK(log::open({.output = "syslog:///nonexistent/log"}).error().text ==
        "syslog /nonexistent/log: No such file or directory");
  CHECK_FALSE(log::open({.output = "syslog://no such host?user"}));
}
