#include "lib/json/writer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "lib/base/utf8.h"
#include "lib/json/reader.h"

using namespace troupe;

namespace {

Value round_trip(const Value& value) {
  auto read = json::parse(json::write(value));
  REQUIRE(read);
  return *std::move(read);
}

}  // namespace

TEST_CASE("values are written without spaces and in their order") {
  Value value = Value::object();
  value.set("status", "ok")
      .set("n", -3)
      .set("list", Value::Array{true, nullptr, 0.5})
      .set("o", Value::object());
  CHECK(json::write(value) == R"({"status":"ok","n":-3,"list":[true,null,0.5],"o":{}})");
}

TEST_CASE("pretty text is indented by two spaces") {
  CHECK(json::write_pretty(Value(Value::Object{{"a", Value::Array{1}}})) == "{\n  \"a\": [\n    1\n  ]\n}");
}

TEST_CASE("doubles come back as the same double") {
  CHECK(json::write(1795288879.0446756) == "1795288879.0446756");
  CHECK(json::write(0.1) == "0.1");
  CHECK(json::write(2.0) == "2.0");
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    const double stamp = 1795288879.0 + static_cast<double>(random() % 100000000) / 1e7;
    CHECK(round_trip(stamp) == Value(stamp));
  }
  for (double d : {5e-324, 1.7976931348623157e308, -1e-7, 123456789012345680000.0, 1e22}) {
    CHECK(round_trip(d) == Value(d));
  }
}

TEST_CASE("numbers that JSON does not have are null") {
  CHECK(json::write(std::numeric_limits<double>::infinity()) == "null");
  CHECK(json::write(-std::numeric_limits<double>::infinity()) == "null");
  CHECK(json::write(std::numeric_limits<double>::quiet_NaN()) == "null");
}

TEST_CASE("the ends of the integers are kept") {
  CHECK(json::write(INT64_MIN) == "-9223372036854775808");
  CHECK(json::write(INT64_MAX) == "9223372036854775807");
}

TEST_CASE("text is escaped where it must be, keys too") {
  CHECK(json::write(Value("a\"b\\c\n\x01 \xC3\xA9")) == "\"a\\\"b\\\\c\\n\\u0001 \xC3\xA9\"");
  CHECK(json::write(Value(std::string("nul\0", 4))) == "\"nul\\u0000\"");
  CHECK(json::write(Value(Value::Object{{"\xFF", 1}})) == "{\"\xEF\xBF\xBD\":1}");
}

TEST_CASE("bytes that are no UTF-8 are replaced as Python replaces them") {
  const std::string r = "\xEF\xBF\xBD";
  CHECK(replace_invalid_utf8("plain") == "plain");
  CHECK(replace_invalid_utf8("\xFF") == r);
  CHECK(replace_invalid_utf8("a\xC3") == "a" + r);
  CHECK(replace_invalid_utf8("\xC0\xAF") == r + r);
  CHECK(replace_invalid_utf8("\xED\xA0\x80") == r + r + r);
  CHECK(replace_invalid_utf8("\xF0\x9F\x98X") == r + "X");
  CHECK(replace_invalid_utf8("\xF4\x90\x80\x80") == r + r + r + r);
  CHECK(replace_invalid_utf8("\xF0\x9F\x98\x80") == "\xF0\x9F\x98\x80");
  CHECK(json::write(Value("x\xE2\x82")) == "\"x" + r + "\"");
}

TEST_CASE("whatever bytes go in, what comes out is JSON") {
  std::mt19937 random(11);
  for (int i = 0; i < 500; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const auto read = json::parse(json::write(Value(bytes)));
    REQUIRE(read);
    CHECK(*read->as_text() == replace_invalid_utf8(bytes));
  }
}

TEST_CASE("an object is streamed member by member, one object after another") {
  json::ObjectWriter writer;
  CHECK(writer.finish() == "{}");
  writer.text("t", "x").integer("i", -1).number("d", 1795288879.0446756).boolean("b", true).null("n");
  writer.value("v", Value::Array{1, "two"}).members(Value(Value::Object{{"m1", 1}, {"m2", "2"}})).members(3);
  CHECK(writer.finish() ==
        R"({"t":"x","i":-1,"d":1795288879.0446756,"b":true,"n":null,"v":[1,"two"],"m1":1,"m2":"2"})");
  CHECK(writer.integer("again", 1).finish() == R"({"again":1})");
  CHECK(writer.text("large", std::string(200000, 'x')).finish().size() == 200012);
  CHECK(writer.number("nan", std::numeric_limits<double>::quiet_NaN()).finish() == R"({"nan":null})");
}
