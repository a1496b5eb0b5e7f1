#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "lib/conf/option_set.h"
#include "lib/conf/stream_options.h"

using namespace troupe;
using namespace troupe::conf;

namespace {

std::string reason(const StreamConfig& config) {
  const auto settings = stream_settings(config);
  return settings ? "good" : settings.error().text;
}

}  // namespace

TEST_CASE("the classes of streams are sorted, and each option is one that a class reads") {
  const auto classes = stream_classes();
  CHECK(std::is_sorted(classes.begin(), classes.end(), [](auto& a, auto& b) { return a.name < b.name; }));
  std::set<std::string_view> read;
  for (const StreamClassRow& row : classes) {
    CAPTURE(row.name);
    CHECK(row.doc.ends_with('.'));
    for (std::string_view option : row.options) {
      CAPTURE(option);
      CHECK(find_stream_option(option));
      read.insert(option);
    }
  }
  CHECK(read.size() == stream_options().size());
}

TEST_CASE("a stream with a file name and no class is a FileStream") {
  const auto settings = stream_settings({"", {{"filename", "x.log"}, {"max_bytes", "10M"}}});
  REQUIRE(settings);
  CHECK(settings->kind == StreamClass::file);
  CHECK(settings->filename == "x.log");
  CHECK(settings->max_bytes == 10 << 20);
}

TEST_CASE("a class has its short name or the one of Circus") {
  CHECK(stream_settings({"circus.stream.TimedRotatingFileStream", {}})->kind ==
        StreamClass::timed_rotating_file);
  CHECK(stream_settings({"SyslogStream", {}})->kind == StreamClass::syslog);
  CHECK(reason({"FileSteam", {}}) ==
        "class: no class of streams is named 'FileSteam'; did you mean FileStream?");
  CHECK(reason({"my.module.Stream", {}}) ==
        "class: 'my.module.Stream' is a Python class, and streams in Python are not called by this version");
  CHECK(reason({"circus.stream.QueueStream", {}}).starts_with("class: QueueStream keeps output inside"));
}

TEST_CASE("the options of a stream are checked by their type") {
  CHECK(stream_settings({"TimedRotatingFileStream", {{"rotate_when", "midnight"}}})->rotate_when ==
        RotateWhen::midnight);
  CHECK(stream_settings({"TimedRotatingFileStream", {{"rotate_when", "w6"}}})->rotate_when == RotateWhen::w6);
  CHECK(stream_settings({"FancyStdoutStream", {{"color", "white"}}})->color == StreamColor::white);
  CHECK(static_cast<int>(StreamColor::white) == 7);
  CHECK(stream_settings({"SyslogStream", {{"facility", "LOCAL3"}}})->facility == "local3");
  CHECK(reason({"FancyStdoutStream", {{"color", "gren"}}}) ==
        "color: 'gren' is not one of red, green, yellow, blue, magenta, cyan, white; did you mean green?");
  CHECK(reason({"FileStream", {{"max_bytes", "much"}}}).starts_with("max_bytes: 'much'"));
  CHECK(reason({"FileStream", {{"backup_count", "-1"}}}) == "backup_count: '-1' is below 0");
  CHECK(reason({"TimedRotatingFileStream", {{"utc", "perhaps"}}}).starts_with("utc: 'perhaps'"));
}

TEST_CASE("what a class does not read is passed over") {
  CHECK(reason({"StdoutStream", {{"max_bytes", "much"}, {"colour", "red"}}}) == "good");
}

TEST_CASE("a stream is shown with its class first, and set key by key or as a whole") {
  WatcherConfig config;
  CHECK_FALSE(config.stdout_stream.is_set());
  REQUIRE(set_option(config, "stdout_stream.filename", "a.log"));
  REQUIRE(set_option(config, "stdout_stream.class", "FileStream"));
  REQUIRE(set_option(config, "stdout_stream.max_bytes", 100));
  CHECK(get_option(config, "stdout_stream_conf") ==
        Value::object().set("class", "FileStream").set("filename", "a.log").set("max_bytes", "100"));
  REQUIRE(set_option(config, "stdout_stream.max_bytes", nullptr));
  CHECK(config.stdout_stream == StreamConfig{"FileStream", {{"filename", "a.log"}}});
  REQUIRE(set_option(config, "stdout_stream", Value::object().set("class", "StdoutStream")));
  CHECK(config.stdout_stream == StreamConfig{"StdoutStream", {}});
  CHECK(set_option(config, "stdout_stream.class", "NoStream").error() ==
        Error{Code::refused, "stdout_stream.class: no class of streams is named 'NoStream'"});
  CHECK(config.stdout_stream == StreamConfig{"StdoutStream", {}});
}

TEST_CASE("a bad value of a stream is refused also when its class does not read it") {
  WatcherConfig config;
  REQUIRE(set_option(config, "stdout_stream.class", "TimedRotatingFileStream"));
  const auto refused = set_option(config, "stdout_stream.max_bytes", "abc");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::refused);
  CHECK(refused.error().text.starts_with("stdout_stream.max_bytes: 'abc'"));
  const auto whole = set_option(config, "stderr_stream",
                                Value::object().set("class", "StdoutStream").set("rotate_when", "noon"));
  REQUIRE_FALSE(whole);
  CHECK(whole.error().text.starts_with("stderr_stream.rotate_when: 'noon'"));
  CHECK(config.stdout_stream == StreamConfig{"TimedRotatingFileStream", {}});
  CHECK_FALSE(config.stderr_stream.is_set());
  CHECK(set_option(config, "stdout_stream.bogus", "abc"));  // Circus: what a class does not know
}

TEST_CASE("a stream that is set is changed at once, and one that comes or goes needs new processes") {
  WatcherConfig config;
  CHECK(*set_option(config, "stdout_stream.filename", "log") == Apply::respawn);
  CHECK(*set_option(config, "stdout_stream.max_bytes", 5) == Apply::live);
  CHECK(*set_option(config, "stdout_stream", Value::object().set("class", "StdoutStream")) == Apply::live);
  CHECK(*set_option(config, "stdout_stream.class", nullptr) == Apply::respawn);
}

TEST_CASE("a stream is checked when all members of a request are taken") {
  WatcherConfig config;
  config.stdout_stream = {"StdoutStream", {{"max_bytes", "much"}}};  // as a file may have it
  const auto alone = set_option(config, "stdout_stream.class", "FileStream");
  REQUIRE_FALSE(alone);
  CHECK(alone.error().text.starts_with("stdout_stream.max_bytes: 'much'"));
  CHECK(set_options(
      config, Value::object().set("stdout_stream.class", "FileStream").set("stdout_stream.max_bytes", 1000)));
  CHECK(config.stdout_stream == StreamConfig{"FileStream", {{"max_bytes", "1000"}}});
}
