#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "lib/log/log.h"
#include "plugins/host/host.h"
#include "plugins/logger/plugin.h"
#include "tests/unit/plugins/fake_arbiter.h"

using namespace troupe;
using namespace troupe::plugins;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/troupe-logger-XXXXXX";
    REQUIRE(mkdtemp(name));
    path = name;
  }
  ~Folder() {
    std::remove(file().c_str());
    std::remove(path.c_str());
  }
  std::string file() const { return path + "/events"; }

  std::string content() const {
    std::string text;
    if (std::FILE* file_in = std::fopen(file().c_str(), "r")) {
      for (int c; (c = std::fgetc(file_in)) != EOF;) text += static_cast<char>(c);
      std::fclose(file_in);
    }
    return text;
  }
  void append(const std::string& text) const {
    std::FILE* out = std::fopen(file().c_str(), "a");
    REQUIRE(out);
    std::fputs(text.c_str(), out);
    std::fclose(out);
  }
};

/// While it lives no file grows beyond that size, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};
std::optional<FullDisk> full_disk;

/// The logger, ended after the event of that number; 0: ends by itself. On a full disk, that event makes
/// room, and ends the logger when it comes again.
std::int64_t stop_at = 0;

class Bounded : public Plugin {
 public:
  Bounded(Services& services_of_host, const Config& config)
      : Plugin(services_of_host), logger_(logger::row.make(services_of_host, config)) {}

  Result<void> handle_init() override {
    every(20s, Callback<void()>::to<&Bounded::on_late>(*this));
    return logger_->handle_init();
  }
  Start start() override { return logger_->start(); }
  void handle_recv(std::string_view topic, const Value& message) override {
    logger_->handle_recv(topic, message);
    if (*message.find("seq") != Value(stop_at)) return;
    if (!full_disk) stop();
    full_disk.reset();
  }
  void handle_batch_end() override { logger_->handle_batch_end(); }
  void handle_stop() override { logger_->handle_stop(); }

 private:
  void on_late() { stop(99); }

  std::unique_ptr<Plugin> logger_;
};

constexpr PluginRow bounded = {"bounded", "", {}, [](Services& services, const Config& config) {
                                 return std::unique_ptr<Plugin>(std::make_unique<Bounded>(services, config));
                               }};

int run(FakeArbiter& arbiter, const std::string& text, std::int64_t last = 0) {
  stop_at = last;
  REQUIRE(log::open({.output = "/dev/null"}));
  const auto config = Config::parse(text, logger::row.options);
  REQUIRE(config);
  auto host = Host::open(arbiter.context(), arbiter.endpoint(), arbiter.pubsub());
  REQUIRE(host);
  const int status = (*host)->run(bounded, *config);
  REQUIRE(log::open({}));
  return status;
}

/// "1 2 3" for the numbers of the lines.
std::string seqs(const std::string& text) {
  std::string result;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const auto event = json::parse(text.substr(start, end - start));
    REQUIRE(event);
    result += (result.empty() ? "" : " ") + std::to_string(*event->find("seq")->as_int());
    start = end + 1;
  }
  return result;
}

}  // namespace

TEST_CASE("the logger's new file has all that the daemon has") {
  Folder folder;
  FakeArbiter arbiter;
  arbiter.lose(2);
  arbiter.run([](FakeArbiter& a) { a.publish(); });
  CHECK(run(arbiter, "file:" + folder.file(), 3) == 0);
  CHECK(seqs(folder.content()) == "1 2 3");
}

TEST_CASE("a logger that was killed within a line goes on without a hole and without a double") {
  Folder folder;
  folder.append(
      "{\"topic\":\"t\",\"seq\":1,\"boot\":\"b1\"}\n{\"topic\":\"t\",\"seq\":2,\"boot\":\"b1\"}\n{\"topic\":"
      "\"t\",\"s");
  FakeArbiter arbiter;
  arbiter.lose(4);
  arbiter.run([](FakeArbiter& a) { a.publish(); });
  CHECK(run(arbiter, "file:" + folder.file(), 5) == 0);
  CHECK(seqs(folder.content()) == "1 2 3 4 5");
}

TEST_CASE("a text file that is there already goes on where it ended") {
  Folder folder;
  folder.append(
      "an older line\n2026-11-21 19:21:19.044 t process_pid=101 seq=2 boot=\"b1\"\n2026-11-21 19:21:");
  FakeArbiter arbiter;
  arbiter.lose(3);
  arbiter.run([](FakeArbiter& a) { a.publish(); });
  CHECK(run(arbiter, "file:" + folder.file() + ":::format:text", 4) == 0);
  CHECK(folder.content() ==
        "an older line\n2026-11-21 19:21:19.044 t process_pid=101 seq=2 boot=\"b1\"\n"
        "2026-11-21 19:21:19.044 watcher.web.spawn process_pid=102 seq=3 boot=\"b1\"\n"
        "2026-11-21 19:21:19.044 watcher.web.spawn process_pid=103 seq=4 boot=\"b1\"\n");
}

TEST_CASE("a file may begin now") {
  Folder folder;
  FakeArbiter arbiter;
  arbiter.lose(3);
  arbiter.run([](FakeArbiter& a) { a.publish(); });
  CHECK(run(arbiter, "file:" + folder.file() + ":::since:now", 4) == 0);
  CHECK(seqs(folder.content()) == "4");
}

TEST_CASE("a new text file begins with all that the daemon has") {
  Folder folder;
  FakeArbiter arbiter;
  arbiter.lose(3);
  arbiter.run([](FakeArbiter&) {});
  CHECK(run(arbiter, "file:" + folder.file() + ":::format:text", 3) == 0);
  const std::string text = folder.content();
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("a logger with a bad option or file ends with status 1") {
  FakeArbiter arbiter;
  Folder folder;
  CHECK(run(arbiter, "file:") == 1);
  CHECK(run(arbiter, "file:/nonexistent/events") == 1);
  CHECK(run(arbiter, "file:" + folder.file() + ":::format:xml") == 1);
  CHECK(run(arbiter, "file:" + folder.file() + ":::since:yesterday") == 1);
}

TEST_CASE("a file that takes no more for a while misses nothing in the end") {
  for (const std::string format : {"json", "text"}) {
    Folder folder;
    FakeArbiter arbiter;
    full_disk.emplace(250);
    arbiter.run([&](FakeArbiter& a) {
      for (int i = 0; i < 5; ++i) a.publish();
      a.serve(1);
      while (folder.content().size() < 250) std::this_thread::yield();
      for (int i = 0; i < 15; ++i) a.publish();
    });
    CHECK(run(arbiter, "file:" + folder.file() + ":::format:" + format, 20) == 0);
    CHECK_FALSE(full_disk);
    const std::string text = folder.content();
    CHECK(std::count(text.begin(), text.end(), '\n') == 20);
    for (int seq = 1; seq <= 20; ++seq) {
      CHECK(text.find((format == "json" ? "\"seq\":" : " seq=") + std::to_string(seq)) != text.npos);
    }
  }
}

TEST_CASE("a logger whose reader has gone ends") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const auto handler = std::signal(SIGPIPE, SIG_IGN);
  const int output = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) {
    a.serve_beginning();
    a.publish();
  });
  const int status = run(arbiter, "file:-");
  dup2(output, STDOUT_FILENO);
  CHECK(status == 1);
  close(output);
  close(ends[1]);
  std::signal(SIGPIPE, handler);
}
