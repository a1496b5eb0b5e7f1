#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

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

/// The logger, ended after the event of that number; 0: ends by itself.
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
    if (*message.find("seq") == Value(stop_at)) stop();
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

TEST_CASE("a text file has a line for each event from now on") {
  Folder folder;
  folder.append("an older line\n");
  FakeArbiter arbiter;
  arbiter.lose(3);
  arbiter.run([](FakeArbiter& a) { a.publish(); });
  CHECK(run(arbiter, "file:" + folder.file() + ":::format:text", 4) == 0);
  CHECK(folder.content() == "an older line\n2026-11-21 19:21:19.044 watcher.web.spawn process_pid=103\n");
}

TEST_CASE("a text file may begin with all that the daemon has") {
  Folder folder;
  FakeArbiter arbiter;
  arbiter.lose(3);
  arbiter.run([](FakeArbiter&) {});
  CHECK(run(arbiter, "file:" + folder.file() + ":::format:text:::since:oldest", 3) == 0);
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

TEST_CASE("a file that takes no more ends the logger, as it could not go on without a hole") {
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) { a.publish(); });
  CHECK(run(arbiter, "file:/dev/full") == 1);
}
