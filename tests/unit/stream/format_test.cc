#include <doctest/doctest.h>

#include "daemon/core/stream/line_format.h"

using namespace troupe;
using namespace troupe::core;
using conf::StreamClass;

namespace {

conf::StreamSettings of(StreamClass kind) {
  conf::StreamSettings settings;
  settings.kind = kind;
  return settings;
}

LineContext context() {
  LineContext context;
  context.watcher = "web";
  context.stream = "stderr";
  context.wid = 2;
  context.pid = 77;
  context.time = 1.5;
  context.when = "NOW";
  context.tag = "tag";
  context.priority = 28;
  return context;
}

std::string format(const conf::StreamSettings& settings, std::string_view bytes) {
  bool in_line = false;
  return format_lines(settings, context(), bytes, in_line);
}

}  // namespace

TEST_CASE("plain files and standard output get bytes as they are") {
  CHECK(is_verbatim(of(StreamClass::file)));
  CHECK(is_verbatim(of(StreamClass::watched_file)));
  CHECK(is_verbatim(of(StreamClass::standard_output)));
  CHECK_FALSE(is_verbatim(of(StreamClass::fancy)));
  CHECK_FALSE(is_verbatim(of(StreamClass::json)));
  auto settings = of(StreamClass::file);
  settings.time_format = "%Y";
  CHECK_FALSE(is_verbatim(settings));
  CHECK(time_format(settings) == "%Y");
  CHECK(time_format(of(StreamClass::fancy)) == "%Y-%m-%d %H:%M:%S");
  CHECK(time_format(of(StreamClass::json)).empty());
}

TEST_CASE("the time stands before each line, once for a line in two parts") {
  auto settings = of(StreamClass::file);
  settings.time_format = "%Y";
  bool in_line = false;
  CHECK(format_lines(settings, context(), "a\n\nb", in_line) == "NOW [77] | a\nNOW [77] | \nNOW [77] | b");
  CHECK(in_line);
  CHECK(format_lines(settings, context(), "c\nd\n", in_line) == "c\nNOW [77] | d\n");
  CHECK_FALSE(in_line);
}

TEST_CASE("lines that are not empty are coloured") {
  auto settings = of(StreamClass::fancy);
  settings.color = conf::StreamColor::blue;
  CHECK(format(settings, "a\n\nb") == "\x1b[0;34;40mNOW [77] | a\x1b[0m\n\x1b[0;34;40mNOW [77] | b\x1b[0m\n");
}

TEST_CASE("a watcher without a colour always gets the same one") {
  const std::string first = format(of(StreamClass::fancy), "a\n");
  CHECK(first == format(of(StreamClass::fancy), "a\n"));
  CHECK(first[5] >= '1');
  CHECK(first[5] <= '7');
}

TEST_CASE("JSON has an object for each line, and bytes that are no text are replaced") {
  CHECK(format(of(StreamClass::json), "a \"b\"\n\xff\n") ==
        "{\"time\":1.5,\"watcher\":\"web\",\"wid\":2,\"pid\":77,\"stream\":\"stderr\",\"message\":\"a "
        "\\\"b\\\"\"}\n"
        "{\"time\":1.5,\"watcher\":\"web\",\"wid\":2,\"pid\":77,\"stream\":\"stderr\",\"message\":"
        "\"\xef\xbf\xbd\"}\n");
}

TEST_CASE("syslog messages have priority, time, tag and pid") {
  CHECK(format(of(StreamClass::syslog), "a\n\nb\n") == "<28>NOW tag[77]: a\n<28>NOW tag[77]: b\n");
}
