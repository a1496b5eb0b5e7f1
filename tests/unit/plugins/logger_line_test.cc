#include <doctest/doctest.h>

#include <string>

#include "lib/json/writer.h"
#include "plugins/logger/line.h"

using namespace troupe;
using namespace troupe::plugins::logger;

namespace {

const Value spawn(Value::Object{
    {"process_pid", 9361}, {"time", 1795288879.0446756}, {"seq", 17}, {"boot", "b1"}});

std::string lines(int first, int last) {
  json::ObjectWriter writer;
  std::string text;
  for (int seq = first; seq <= last; ++seq) {
    text += json_line(writer, "a.b", Value(Value::Object{{"seq", seq}, {"boot", "b1"}}));
  }
  return text;
}

}  // namespace

TEST_CASE("a JSON line is the event with its topic first") {
  json::ObjectWriter writer;
  CHECK(json_line(writer, "watcher.web.spawn", spawn) ==
        "{\"topic\":\"watcher.web.spawn\",\"process_pid\":9361,\"time\":1795288879.0446756,\"seq\":17,"
        "\"boot\":\"b1\"}\n");
}

TEST_CASE("a text line has the time, the topic and the keys, and is one line whatever is in it") {
  CHECK(text_line("watcher.web.spawn", spawn) ==
        "2026-11-21 19:21:19.044 watcher.web.spawn process_pid=9361 seq=17 boot=\"b1\"\n");
  CHECK(text_line("t", Value(Value::Object{{"error", "a\nb"}, {"time", -5.0}})) ==
        "1970-01-01 00:00:00.000 t error=\"a\\nb\"\n");
  CHECK(text_line("t", Value(Value::Object{{"a\nb =", 1}})) == "1970-01-01 00:00:00.000 t \"a\\nb =\"=1\n");
  CHECK(text_line("t", Value(Value::Object{{"time", 1e300}})) == "1970-01-01 00:00:00.000 t\n");
}

TEST_CASE("the position is that of the last line") {
  const Tail tail = read_tail(lines(1, 20), true);
  CHECK(tail.torn == 0);
  CHECK(tail.position == Position{20, "b1"});
}

TEST_CASE("a text line has a position too, whatever its texts say") {
  CHECK(read_tail(text_line("t", spawn), true).position == Position{17, "b1"});
  const Value::Object liar{
      {"boot", "b2"}, {"a", " seq=1 boot=\"b1\""}, {"seq", 4}, {"z", " seq=9"}, {"time", 1}};
  CHECK(read_tail(text_line("t", Value(liar)), true).position == Position{4, "b2"});
  CHECK(read_tail(text_line("t", Value(Value::Object{{"seq", 4}, {"a", " boot=5"}})), true).position ==
        Position{4, {}});
  CHECK_FALSE(read_tail(text_line("t", Value(Value::Object{{"a", " seq=1 boot=5"}})), true).position);
  const std::string both = text_line("t", spawn) + lines(18, 18);
  CHECK(read_tail(both, true).position == Position{18, "b1"});
  CHECK(read_tail(both.substr(0, both.size() - 1), true).position == Position{17, "b1"});
}

TEST_CASE("a torn last line is told and does not count") {
  const std::string whole = lines(1, 3);
  const std::string fourth = lines(4, 4);
  for (std::size_t length = 1; length < fourth.size(); ++length) {
    const Tail tail = read_tail(whole + fourth.substr(0, length), true);
    CHECK(tail.torn == length);
    CHECK(tail.position == Position{3, "b1"});
  }
  CHECK(read_tail(lines(1, 1).substr(0, 5), true).torn == 5);
  CHECK_FALSE(read_tail(lines(1, 1).substr(0, 5), true).position);
}

TEST_CASE("lines without a number are passed over") {
  CHECK(read_tail(lines(1, 7) + "{\"topic\":\"x\",\"time\":1.5}\nnot json\n\n[]\n", true).position ==
        Position{7, "b1"});
  CHECK_FALSE(read_tail("nothing\nto see\n", true).position);
  CHECK_FALSE(read_tail("", true).position);
  CHECK_FALSE(read_tail("\n", true).position);
}

TEST_CASE("a first line that the beginning of the text has cut does not count") {
  const std::string cut = "0,\"seq\":9,\"boot\":\"b1\"}\n";
  CHECK_FALSE(read_tail(cut, false).position);
  CHECK_FALSE(read_tail("{\"seq\":9}\n", false).position);
  CHECK(read_tail("{\"seq\":9}\n", true).position == Position{9, {}});
  CHECK(read_tail(cut + lines(10, 10), false).position == Position{10, "b1"});
}
