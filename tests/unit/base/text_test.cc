#include <doctest/doctest.h>

#include <csignal>

#include "lib/base/glob.h"
#include "lib/base/signal_name.h"
#include "lib/base/text.h"
#include "lib/base/value.h"

using namespace troupe;

TEST_CASE("a number is the whole text or nothing") {
  CHECK(parse_int("42") == 42);
  CHECK(parse_int("+42") == 42);
  CHECK(parse_int("-1") == -1);
  CHECK_FALSE(parse_int("4x"));
  CHECK_FALSE(parse_int("+-4"));
  CHECK_FALSE(parse_int(""));
  CHECK_FALSE(parse_int("99999999999999999999"));
  CHECK(parse_double("1.5") == 1.5);
  CHECK_FALSE(parse_double("nan"));
  CHECK_FALSE(parse_double("1,5"));
}

TEST_CASE("booleans are the words of Circus in any case") {
  CHECK(parse_bool("Yes") == true);
  CHECK(parse_bool("0") == false);
  CHECK_FALSE(parse_bool("maybe"));
}

TEST_CASE("the closest name is found for a slip of the hand and not for another word") {
  constexpr std::string_view names[] = {"web", "worker", "numprocesses"};
  CHECK(closest("wbe", names) == "web");
  CHECK(closest("wrker", names) == "worker");
  CHECK(closest("numproceses", names) == "numprocesses");
  CHECK_FALSE(closest("database", names));
}

TEST_CASE("a long text is shortened in its middle, and no character is torn") {
  CHECK(shorten("abcdef", 6) == "abcdef");
  CHECK(shorten("abcdefg", 6) == "abcd…fg");
  CHECK(shorten("ööööö", 6) == "öö…ö");
  CHECK(shorten("aöööö", 6) == "aö…ö");
  CHECK(shorten(std::string(10, '\x80'), 3) == "…");
}

TEST_CASE("splitting keeps empty pieces, splitting at white space does not") {
  CHECK(split("a,,b", ',').size() == 3);
  CHECK(split("", ',').size() == 1);
  CHECK(split_spaces("  a  b ").size() == 2);
}

TEST_CASE("a glob covers the whole name") {
  CHECK(glob_match("s[il][en]*", "single"));
  CHECK(glob_match("[!a]b?", "xbc"));
  CHECK_FALSE(glob_match("sing", "single"));
  CHECK(glob_match("*", ".hidden/file"));
}

TEST_CASE("signals are numbers, names and offsets") {
  CHECK(parse_signal("TERM") == SIGTERM);
  CHECK(parse_signal("sigcont") == SIGCONT);
  CHECK(parse_signal("18") == 18);
  CHECK(parse_signal("RTMIN+1") == SIGRTMIN + 1);
  CHECK_FALSE(parse_signal("NOPE"));
  CHECK_FALSE(parse_signal(""));
  CHECK(signal_name(SIGTERM) == "SIGTERM");
  CHECK(signal_name(SIGRTMIN + 2) == "SIGRTMIN+2");
}

TEST_CASE("an object keeps the order of its members and the place of one that is set again") {
  Value value = Value::object();
  value.set("b", 1).set("a", "x").set("b", 2);
  REQUIRE(value.as_object()->size() == 2);
  CHECK(value.as_object()->front().key == "b");
  CHECK(*value.find("b")->as_int() == 2);
  CHECK(value.find("c") == nullptr);
}

TEST_CASE("a name in a topic is in lower case and has no blanks") {
  CHECK(topic_form("My Job.v2") == "my_job.v2");
  CHECK(topic_form("a_b") == topic_form("A B"));
}
