#include "ctl/pack.h"

#include <doctest/doctest.h>

#include "lib/json/reader.h"

using namespace troupe;
using ctl::pack;
using ctl::Typed;

namespace {

Result<Value> packed(const char* verb, std::vector<std::string> words,
                     std::vector<std::pair<std::string_view, std::string>> options = {}) {
  return pack(*api::find_command(verb), {std::move(words), std::move(options)});
}

Value sends(const char* verb, std::vector<std::string> words,
            std::vector<std::pair<std::string_view, std::string>> options = {}) {
  auto value = packed(verb, std::move(words), std::move(options));
  CAPTURE(verb);
  if (!value) FAIL(value.error().text);
  return *value;
}

std::string refuses(const char* verb, std::vector<std::string> words,
                    std::vector<std::pair<std::string_view, std::string>> options = {}) {
  const auto value = packed(verb, std::move(words), std::move(options));
  return value ? "(accepted)" : value.error().text;
}

Value object(std::string_view text) {
  auto value = json::parse(text);
  REQUIRE(value);
  return *value;
}

}  // namespace

TEST_CASE("Circus's command lines send Circus's properties") {
  CHECK(sends("list", {}) == object("{}"));
  CHECK(sends("status", {"web"}) == object(R"({"name": "web"})"));
  CHECK(sends("incr", {"web"}) == object(R"({"name": "web"})"));
  CHECK(sends("incr", {"web", "2"}, {{"waiting", ""}}) ==
        object(R"({"name": "web", "nb": 2, "waiting": true})"));
  CHECK(sends("add", {"n", "sleep", "650"}, {{"start", ""}}) ==
        object(R"({"name": "n", "cmd": "sleep 650", "start": true})"));
  CHECK(sends("get", {"web", "cmd", "env"}) == object(R"({"name": "web", "keys": ["cmd", "env"]})"));
  CHECK(sends("globaloptions", {"check_delay"}) == object(R"({"option": "check_delay"})"));
  CHECK(sends("kill", {"web", "12"}, {{"signum", "INT"}, {"graceful_timeout", "0.5"}}) ==
        object(R"({"name": "web", "pid": 12, "signum": "INT", "graceful_timeout": 0.5})"));
  CHECK(sends("reload", {"web"}, {{"graceful", ""}, {"sequential", ""}}) ==
        object(R"({"name": "web", "graceful": false, "sequential": true})"));
  CHECK(sends("restart", {"s*"}, {{"match", "glob"}}) == object(R"({"name": "s*", "match": "glob"})"));
  CHECK(sends("rm", {"web"}, {{"nostop", ""}}) == object(R"({"name": "web", "nostop": true})"));
  CHECK(sends("stats", {"web", "12"}) == object(R"({"name": "web", "process": 12})"));
}

TEST_CASE("the pid of a signal may be left out though the signal stands after it") {
  CHECK(sends("signal", {"web", "HUP"}) == object(R"({"name": "web", "signum": "HUP"})"));
  CHECK(sends("signal", {"web", "12", "1"}) == object(R"({"name": "web", "pid": 12, "signum": "1"})"));
  CHECK(refuses("signal", {"web"}) == "SIGNUM is missing");
  CHECK(refuses("signal", {"web", "NOPE"}) == "signum: 'NOPE' isn't a signal");
}

TEST_CASE("a name of digits stays a name") {
  CHECK(sends("status", {"7"}) == object(R"({"name": "7"})"));
}

TEST_CASE("set takes pairs and keeps negative numbers and text apart") {
  CHECK(sends("set", {"web", "numprocesses", "3", "priority", "-1"}) ==
        object(R"({"name": "web", "options": {"numprocesses": 3, "priority": -1}})"));
  CHECK(refuses("set", {"web", "numprocesses"}) == "the value of 'numprocesses' is missing");
  CHECK(refuses("set", {"web"}) == "KEY VALUE is missing");
}

TEST_CASE("an unknown option of set and add is refused with the nearest that they take") {
  const char* expected = "unknown key 'gracefultimeout'; did you mean graceful_timeout?";
  CHECK(refuses("set", {"web", "gracefultimeout", "3"}) == expected);
  CHECK(refuses("set", {"web", "numprocesses", "3", "gracefultimeout", "3"}) == expected);
  CHECK(refuses("add", {"n", "x"}, {{"options", "gracefultimeout=3"}}) == expected);
  CHECK(refuses("set", {"web", "qqqqqqqq", "3"}) == "unknown key 'qqqqqqqq'");
  CHECK(refuses("set", {"web", "rlimit_nofile", "100"}) == "(accepted)");
  // the section of a watcher may have keys of its own
  CHECK(refuses("get", {"web", "gracefultimeout"}) == "(accepted)");
}

TEST_CASE("what is no signal is told before it is sent") {
  CHECK(refuses("set", {"web", "stop_signal", "SIGNOPE"}) == "stop_signal: 'SIGNOPE' isn't a signal");
  CHECK(refuses("add", {"n", "x"}, {{"options", "stop_signal="}}) == "stop_signal: '' isn't a signal");
  CHECK(sends("set", {"web", "stop_signal", "SIGINT"}) ==
        object(R"({"name": "web", "options": {"stop_signal": 2}})"));
}

TEST_CASE("what is no UTF-8 is refused, for the request would change it") {
  CHECK(refuses("list", {"caf\xe9"}) == "'caf\\xe9' is not UTF-8");
  CHECK(refuses("add", {"web", "prog", "\xff"}) == "'\\xff' is not UTF-8");
  CHECK(refuses("list", {"gr\xc3\xbcn"}) == "(accepted)");
}

TEST_CASE("an empty word is no name") {
  CHECK(refuses("status", {""}) == "name: '' isn't a name");
}

TEST_CASE("words of a command line stay the words they are") {
  CHECK(*sends("add", {"n", "sh", "-c", "echo a  b"}).find("cmd")->as_text() == "sh -c 'echo a  b'");
  CHECK(*sends("add", {"n", "sleep 650"}).find("cmd")->as_text() == "sleep 650");
}

TEST_CASE("options of add are pairs with an equals sign") {
  CHECK(sends("add", {"n", "x"}, {{"options", "numprocesses=2"}, {"options", "working_dir=/a=b"}})
            .find("options") != nullptr);
  CHECK(*sends("add", {"n", "x"}, {{"options", "numprocesses=2"}, {"options", "working_dir=/a=b"}})
             .find("options") == object(R"({"numprocesses": 2, "working_dir": "/a=b"})"));
  CHECK(refuses("add", {"n", "x"}, {{"options", "numprocesses"}}) ==
        "option: 'numprocesses' isn't KEY=VALUE");
  CHECK(refuses("add", {"n", "x"}, {{"options", "=2"}}) == "option: '=2' isn't KEY=VALUE");
}

TEST_CASE("the data of publish are JSON where they are JSON, otherwise text") {
  CHECK(sends("publish", {"my.topic", "n", "3", "text", "hello", "list", "[1]"}) ==
        object(R"({"topic": "my.topic", "data": {"n": 3, "text": "hello", "list": [1]}})"));
  CHECK(sends("publish", {"my.topic"}) == object(R"({"topic": "my.topic"})"));
}

TEST_CASE("what does not fit is refused with the word that does not") {
  CHECK(refuses("incr", {}) == "NAME is missing");
  CHECK(refuses("incr", {"web", "x"}) == "n: 'x' isn't an integer");
  CHECK(refuses("incr", {"web", "1", "2"}) == "'2' is one word too many");
  CHECK(refuses("get", {"web"}) == "KEY is missing");
  CHECK(refuses("add", {"web"}) == "CMD is missing");
  CHECK(refuses("quit", {"now"}) == "'now' is one word too many");
  CHECK(refuses("kill", {"web"}, {{"graceful_timeout", "soon"}}) ==
        "graceful_timeout: 'soon' isn't a number");
}
