#include "lib/wire/request.h"

#include <doctest/doctest.h>

#include <string>

#include "lib/json/reader.h"
#include "lib/wire/frames.h"
#include "lib/wire/reply.h"

using namespace troupe;
using namespace troupe::wire;

namespace {

std::variant<Request, BadRequest> decode(std::string_view text) {
  json::Reader reader;
  return decode_request(text, reader);
}

Request good(std::string_view text) {
  const auto request = decode(text);
  REQUIRE(std::holds_alternative<Request>(request));
  return std::get<Request>(request);
}

BadRequest bad(std::string_view text) {
  const auto request = decode(text);
  REQUIRE(std::holds_alternative<BadRequest>(request));
  return std::get<BadRequest>(request);
}

const BadRequest no_json{make_error(Code::invalid_json, "json invalid"), {}, false};

}  // namespace

TEST_CASE("a request of a client of Circus is read") {
  CHECK(good(R"({"id": "d9cc", "command": "status", "properties": {"name": "web"}})") ==
        Request{"status", Value::Object{{"name", "web"}}, R"("d9cc")", false});
  CHECK(good(R"(  {"command": "LIST"}  )") == Request{"LIST", Value::object(), {}, false});
  CHECK(good(R"({"command": "list", "properties": null, "id": null})") == Request{"list"});
}

TEST_CASE("an id may be any value") {
  CHECK(good(R"({"command":"list","id":{"a":[1]}})").id == R"({"a":[1]})");
  CHECK(good(R"({"command":"list","id":0})").id == "0");
  CHECK(good(R"({"command":"list","id":null})").id == "");
}

TEST_CASE("an id comes back to the letter, however long a number it is") {
  for (const char* id : {"18446744073709551615", "123456789012345678901234567890", "-9223372036854775809",
                         "1.50", "1E3", R"("\u00e9\/")", R"([1, {"id": [2, "}"]}])", "false"}) {
    CAPTURE(id);
    const std::string text = R"({"command": "list", "id" : )" + std::string(id) + " }";
    const Request request = good(text);
    CHECK(request.id == id);
    CHECK(ok_reply({}, 1.5, request.id) == R"({"status":"ok","time":1.5,"id":)" + std::string(id) + "}");
    CHECK(good(encode_request(request)) == request);
    CHECK(bad(R"({"id":)" + std::string(id) + "}").id == id);
  }
}

TEST_CASE("the id is the one of the request itself, and the last of two") {
  CHECK(good(R"({"properties":{"id":1},"x":["id",{"id":2}],"command":"list"})").id == "");
  CHECK(good(R"({"id":1,"properties":{"name":"\"id\":3"},"command":"list","id":4})").id == "4");
  CHECK(good(R"({"\u0069d":5,"command":"list"})").id == "5");
  CHECK(good(R"({"a":"\\","id":6,"command":"id"})").id == "6");
}

TEST_CASE("only the message type cast makes a cast") {
  CHECK(good(R"({"command":"list","msg_type":"cast"})").cast);
  CHECK_FALSE(good(R"({"command":"list","msg_type":"CAST"})").cast);
  CHECK_FALSE(good(R"({"command":"list","msg_type":["cast"]})").cast);
}

TEST_CASE("what is not JSON gives json invalid and no id") {
  for (std::string_view text :
       {"", " ", "nope", "{", "{\"command\":\"\xFF\"}", "{\"id\":1,\"command\":list}"}) {
    CHECK(bad(text) == no_json);
  }
  CHECK(bad(std::string(100000, '[')) == no_json);
  CHECK(bad(std::string(5, '\0')) == no_json);
}

TEST_CASE("JSON that is no request says why, with the id if it has one") {
  for (std::string_view text : {"7", "null", "[]", "\"list\"", "[{\"command\":\"list\"}]"}) {
    CHECK(bad(text) == BadRequest{make_error(Code::invalid, "the message is not an object")});
  }
  CHECK(bad("{}") == BadRequest{make_error(Code::invalid, "message invalid 'command' is missing")});
  CHECK(bad(R"({"id":5})").id == "5");
  CHECK(bad(R"({"id":5,"command":7})") ==
        BadRequest{make_error(Code::invalid, "'command' must be text"), "5"});
  CHECK(bad(R"({"command":null})").error.text == "'command' must be text");
  CHECK(bad(R"({"command":"set","properties":[1],"id":"x"})") ==
        BadRequest{make_error(Code::invalid, "'properties' must be an object"), R"("x")"});
  CHECK(bad(R"({"command":"set","properties":[1],"msg_type":"cast"})").cast);
  CHECK(bad(R"({"msg_type":"cast"})").cast);
}

TEST_CASE("what a client encodes is what the daemon decodes") {
  const Request request{"set", Value::Object{{"name", "w\"b"}}, R"("id1")", false};
  CHECK(good(encode_request(request)) == request);
  const Request cast{"stop", Value::object(), {}, true};
  CHECK(good(encode_request(cast)) == cast);
}

TEST_CASE("requests of a DEALER and of a REQ are told apart and answered in their shape") {
  const auto dealer = open_envelope({"id", "{}"});
  REQUIRE(dealer);
  CHECK(*dealer == Envelope{"id", false, "{}"});
  CHECK(seal_reply(*dealer, "yes") == Frames{"id", "yes"});
  const auto req = open_envelope({"id", "", "{}"});
  REQUIRE(req);
  CHECK(*req == Envelope{"id", true, "{}"});
  CHECK(seal_reply(*req, "yes") == Frames{"id", "", "yes"});
  CHECK(*open_envelope({"id", ""}) == Envelope{"id", false, ""});
}

TEST_CASE("every other shape is refused with a text for the log") {
  CHECK(open_envelope({}).error().text == "a message of 0 frames is no request");
  CHECK(open_envelope({"id"}).error().text == "a message of 1 frames is no request");
  CHECK(open_envelope({"id", "x", "{}"}).error().text ==
        "a message of 3 frames whose second is not empty is no request");
  CHECK_FALSE(open_envelope({"id", "", "{}", "{}"}));
}

TEST_CASE("a reply has Circus's keys in Circus's order") {
  CHECK(ok_reply(Value::Object{{"numprocesses", 3}}, 1795288879.0541232, R"("d9")") ==
        R"({"status":"ok","time":1795288879.0541232,"numprocesses":3,"id":"d9"})");
  CHECK(ok_reply({}, 1.5, {}) == R"({"status":"ok","time":1.5,"id":null})");
  CHECK(
      error_reply(3, "program nobody not found", 1795290559.4228165, {}) ==
      R"({"status":"error","reason":"program nobody not found","tb":null,"time":1795290559.4228165,"errno":3,"id":null})");
}

TEST_CASE("a status in the result replaces ok, and a list becomes results") {
  CHECK(ok_reply(Value::Object{{"a", 1}, {"status", "active"}, {"time", 2.0}}, 1.5, "7") ==
        R"({"status":"active","time":2.0,"a":1,"id":7})");
  CHECK(ok_reply(Value::Array{1, 2}, 1.5, "7") == R"({"status":"ok","time":1.5,"results":[1,2],"id":7})");
}

TEST_CASE("the reason of a failure repeats the ends of a long name, and not all of it") {
  const std::string reason = "program " + std::string(3 << 20, 'x') + " not found";
  const auto reply = json::parse(error_reply(3, reason, 1.5, {}));
  REQUIRE(reply);
  const std::string& said = *reply->find("reason")->as_text();
  CHECK(said.starts_with("program xxx"));
  CHECK(said.ends_with("xxx not found"));
  CHECK(said.find("x…x") != std::string::npos);
  CHECK(said.size() <= longest_reason + 3);
}
