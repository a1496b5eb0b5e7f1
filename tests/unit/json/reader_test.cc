#include "lib/json/reader.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "lib/json/writer.h"

using namespace troupe;

namespace {

std::string repeat(std::string_view piece, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += piece;
  return result;
}

/// Why a text is refused; empty when it is not.
std::string refusal(std::string_view text) {
  const auto value = json::parse(text);
  if (value) return {};
  CHECK(value.error().code == Code::invalid_json);
  return value.error().text;
}

Value read(std::string_view text) {
  auto value = json::parse(text);
  REQUIRE(value);
  return *std::move(value);
}

}  // namespace

TEST_CASE("every kind of value is read as what it is") {
  const Value value = read(R"( {"a": [1, -2, 2.5, true, false, null, "\u00e9\n"], "b": {}} )");
  const Value::Array& a = *value.find("a")->as_array();
  CHECK(a == Value::Array{1, -2, 2.5, true, false, nullptr, "\xC3\xA9\n"});
  CHECK(*value.find("b") == Value::object());
  CHECK(read("7") == Value(7));
  CHECK(read("\"text\"") == Value("text"));
}

TEST_CASE("members keep their order") {
  CHECK(json::write(read(R"({"z":1,"a":2,"m":3})")) == R"({"z":1,"a":2,"m":3})");
}

TEST_CASE("of a key that comes twice the last value counts, at the place of the first") {
  CHECK(json::write(read(R"({"a":1,"b":2,"a":3})")) == R"({"a":3,"b":2})");
  std::string text = "{\"k0\":\"first\"";
  for (int i = 1; i < 40; ++i) text += ",\"k" + std::to_string(i) + "\":1";
  const Value value = read(text + ",\"k0\":\"last\"}");
  CHECK(value.as_object()->size() == 40);
  CHECK(value.as_object()->front() == Member{"k0", "last"});
}

TEST_CASE("integers of 64 bits stay integers and larger ones become doubles") {
  CHECK(read("9223372036854775807") == Value(INT64_MAX));
  CHECK(read("-9223372036854775808") == Value(INT64_MIN));
  CHECK(read("9223372036854775808") == Value(9223372036854775808.0));
  CHECK(read("-9223372036854775809") == Value(-9223372036854775809.0));
  CHECK(read("123456789012345678901234567890") == Value(123456789012345678901234567890.0));
  CHECK(read(R"(["12345678901234567890123\"", 12345678901234567890123])") ==
        Value(Value::Array{"12345678901234567890123\"", 12345678901234567890123.0}));
}

TEST_CASE("what is no JSON is an error with its reason") {
  CHECK(refusal("") == "the text is empty");
  CHECK(refusal("  \n") == "the text is empty");
  CHECK(refusal("nope") != "");
  CHECK(refusal("{\"a\":1") != "");
  CHECK(refusal("{\"a\":1} x") != "");
  CHECK(refusal("{'a':1}") != "");
  CHECK(refusal("[1,]") != "");
  CHECK(refusal("{\"command\":\"a\",\"x\":tru}") == "an unknown word");
  CHECK(refusal("\"never closed") == "a string is never closed");
  CHECK(refusal("\"\xFF\"") == "not UTF-8");
  CHECK(refusal("\"\xED\xA0\x80\"") == "not UTF-8");
  CHECK(refusal("\"a\nb\"") == "a control character within a string");
  CHECK(refusal("NaN") != "");
  CHECK(refusal("-") == "a bad number, or one too large");
  CHECK(refusal("01") != "");
  CHECK(refusal("1e999") == "a bad number, or one too large");
  CHECK(refusal(std::string_view("{}\0", 3)) != "");
  CHECK(refusal(std::string_view("\0", 1)) != "");
}

TEST_CASE("text may be nested as deep as the limit and no deeper") {
  const int limit = static_cast<int>(json::max_depth);
  CHECK(refusal(repeat("[", limit - 1) + repeat("]", limit - 1)) == "");
  CHECK(refusal(repeat("[", limit + 1) + repeat("]", limit + 1)) == "nested deeper than 256");
  CHECK(refusal(repeat("[", 1000000)) != "");
  CHECK(refusal(repeat("{\"a\":", 1000000)) != "");
}

TEST_CASE("a reader goes on after bad text and after large text") {
  json::Reader reader;
  CHECK_FALSE(reader.parse("{"));
  CHECK(reader.parse("[1]"));
  const std::string large = "[" + repeat("\"0123456789\",", 300000) + "1]";
  auto value = reader.parse(large);
  REQUIRE(value);
  CHECK(value->as_array()->size() == 300001);
  CHECK(*reader.parse("[2]") == Value(Value::Array{2}));
  CHECK_FALSE(reader.parse(large + "x"));
  CHECK(*reader.parse("{\"a\":12345678901234567890}") == Value(Value::Object{{"a", 12345678901234567890.0}}));
}

TEST_CASE("a reader that wants an object tells other JSON from what is no JSON") {
  json::Reader reader;
  CHECK(reader.parse(R"({"a": 1})", json::Root::object));
  for (const char* text : {"[1]", "null", "1", "\"x\""}) {
    CAPTURE(text);
    const auto parsed = reader.parse(text, json::Root::object);
    REQUIRE(!parsed);
    CHECK(parsed.error().code == Code::invalid);
    CHECK(reader.parse(text));
  }
  CHECK(reader.parse("[1", json::Root::object).error().code == Code::invalid_json);
}
