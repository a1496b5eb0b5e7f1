#include "lib/api/args.h"

#include <doctest/doctest.h>

#include <csignal>

using namespace troupe;
using namespace troupe::api;

namespace {

Value props() {
  return Value::object();
}

Result<Args> bind_to(const char* command, const Value& properties) {
  return bind(*find_command(command), properties);
}

std::string reason(const char* command, const Value& properties) {
  const auto args = bind_to(command, properties);
  if (args) return "(accepted)";
  CHECK(args.error().code == Code::invalid);
  return args.error().text;
}

}  // namespace

TEST_CASE("a missing property is told with Circus's words") {
  CHECK(reason("incr", props()) == "message invalid 'name' is missing");
  CHECK(reason("get", props().set("name", "web")) == "message invalid 'keys' is missing");
  CHECK(reason("add", props().set("name", "x")) == "message invalid 'cmd' is missing");
  CHECK(reason("set", props().set("name", "x")) == "message invalid 'options' is missing");
  CHECK(reason("signal", props().set("name", "x")) == "message invalid 'signum' is missing");
  CHECK(reason("incr", Value()) == "message invalid 'name' is missing");
}

TEST_CASE("a wrong type is told with the name of the property") {
  CHECK(reason("incr", props().set("name", 7)) == "'name' isn't a string");
  CHECK(reason("status", props().set("name", Value::array())) == "'name' isn't a string");
  CHECK(reason("incr", props().set("name", "w").set("nb", "x")) == "'nb' isn't an integer");
  CHECK(reason("incr", props().set("name", "w").set("nb", 1.5)) == "'nb' isn't an integer");
  CHECK(reason("incr", props().set("name", "w").set("nb", true)) == "'nb' isn't an integer");
  CHECK(reason("incr", props().set("name", "w").set("nb", 1e300)) == "'nb' isn't an integer");
  CHECK(reason("kill", props().set("name", "w").set("graceful_timeout", "soon")) ==
        "'graceful_timeout' isn't a number");
  CHECK(reason("stop", props().set("waiting", "perhaps")) == "'waiting' isn't a valid boolean");
  CHECK(reason("stop", props().set("waiting", 2)) == "'waiting' isn't a valid boolean");
  CHECK(reason("get", props().set("name", "w").set("keys", "cmd")) == "'keys' isn't a list of strings");
  CHECK(reason("set", props().set("name", "w").set("options", Value::array())) ==
        "'options' property should be an object");
  CHECK(reason("signal", props().set("name", "w").set("signum", "NOPE")) == "unknown signal 'NOPE'");
  CHECK(reason("signal", props().set("name", "w").set("signum", 1.5)) ==
        "'signum' isn't a signal name or number");
  CHECK(reason("add", props().set("name", "w").set("cmd", "x").set("args", 3)) ==
        "'args' isn't a string or a list of strings");
}

TEST_CASE("a list is refused when one element is not text") {
  Value keys = Value::array();
  keys.push("cmd").push(1);
  CHECK(reason("get", props().set("name", "w").set("keys", keys)) == "'keys' isn't a list of strings");
}

TEST_CASE("properties that are no object are refused, none at all are not") {
  CHECK(reason("list", Value("x")) == "'properties' should be an object");
  CHECK(reason("list", Value::array()) == "'properties' should be an object");
  CHECK(bind_to("list", Value()));
}

TEST_CASE("defaults of the rows are filled in and the rest is absent") {
  const auto args = bind_to("restart", props());
  REQUIRE(args);
  CHECK(args->text("match") == "glob");
  CHECK_FALSE(args->has("name"));
  CHECK(args->text("name").empty());
  CHECK(args->has("waiting"));
  CHECK_FALSE(args->waiting());
  CHECK(bind_to("reload", props())->flag("graceful"));
  CHECK(bind_to("incr", props().set("name", "w"))->integer("nb") == 1);
  CHECK(bind_to("add", props().set("name", "w").set("cmd", "x"))->value("options") == Value::object());
  CHECK_FALSE(bind_to("list", props())->waiting());
}

TEST_CASE("every default of the rows is of its row's type") {
  for (const Command& command : commands()) {
    for (const Param& param : command.params) {
      if (param.fallback.empty()) continue;
      CAPTURE(command.name);
      CAPTURE(param.name);
      Value properties = props();
      for (const Param& other : command.params) {
        if (!other.required) continue;
        if (other.type == Type::object)
          properties.set(other.name, Value::object());
        else if (other.type == Type::list)
          properties.set(other.name, Value::array());
        else
          properties.set(other.name, "1");
      }
      const auto defaults = bind(command, properties);
      REQUIRE(defaults);
      properties.set(param.name, defaults->value(param.name));
      const auto again = bind(command, properties);
      REQUIRE(again);
      CHECK(again->value(param.name) == defaults->value(param.name));
      CHECK(again->sent(param.name) == defaults->sent(param.name));
    }
  }
}

TEST_CASE("numbers may come as text, which Circus's client sends") {
  CHECK(bind_to("incr", props().set("name", "w").set("nb", "2"))->integer("nb") == 2);
  CHECK(bind_to("incr", props().set("name", "w").set("nb", 2.0))->integer("nb") == 2);
  const auto kill = bind_to("kill", props().set("name", "w").set("graceful_timeout", "0.5").set("pid", "12"));
  REQUIRE(kill);
  CHECK(kill->number("graceful_timeout") == 0.5);
  CHECK(kill->integer("pid") == 12);
  CHECK_FALSE(kill->has("signum"));
  CHECK(bind_to("kill", props().set("name", "w").set("graceful_timeout", 2))->number("graceful_timeout") ==
        2);
}

TEST_CASE("a reply can repeat what was sent as it was written") {
  const auto args = bind_to("stats", props().set("name", "Web").set("process", "17"));
  REQUIRE(args);
  CHECK(args->integer("process") == 17);
  CHECK(*args->sent("process").as_text() == "17");
  CHECK(*args->sent("name").as_text() == "Web");
  CHECK(*bind_to("stats", props().set("process", 17))->sent("process").as_int() == 17);
}

TEST_CASE("signals are numbers by the time a handler sees them") {
  const auto signum = [](Value value) {
    return bind_to("signal", props().set("name", "w").set("signum", std::move(value)))->integer("signum");
  };
  CHECK(signum("sigcont") == SIGCONT);
  CHECK(signum("18") == 18);
  CHECK(signum(999) == 999);
  CHECK(signum("RTMIN+1") == SIGRTMIN + 1);
}

TEST_CASE("flags are booleans, 0 and 1, and their words") {
  for (const Value& value : {Value(true), Value(1), Value("yes"), Value("True")}) {
    CHECK(bind_to("stop", props().set("waiting", value))->waiting());
  }
  CHECK_FALSE(bind_to("stop", props().set("waiting", 0))->waiting());
}

TEST_CASE("words are a list or one text, which is one element") {
  const auto with = [](Value args) {
    return bind_to("add", props().set("name", "w").set("cmd", "x").set("args", std::move(args)));
  };
  CHECK(with("a b")->list("args") == std::vector<std::string>{"a b"});
  Value list = Value::array();
  list.push("a").push("b");
  CHECK(with(list)->list("args") == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(with(nullptr)->has("args"));
}

TEST_CASE("null is the same as absent and unknown properties are ignored") {
  CHECK(reason("incr", props().set("name", nullptr)) == "message invalid 'name' is missing");
  const auto args = bind_to("list", props().set("name", nullptr).set("colour", Value::array()));
  REQUIRE(args);
  CHECK_FALSE(args->has("name"));
}

TEST_CASE("a number that would be cut to another one is refused") {
  const Command& kill = *find_command("kill");
  const Command& hold = *find_command("hold");
  const auto reason = [](const Command& command, const char* key, std::int64_t number) {
    const auto args = bind(command, Value::object().set("name", "web").set(key, number));
    return args ? std::string() : args.error().text;
  };
  CHECK(reason(kill, "pid", 1) == "");
  CHECK(reason(kill, "pid", 2147483647) == "");
  CHECK(reason(kill, "pid", 0) == "'pid' isn't in range");
  CHECK(reason(kill, "pid", -1) == "'pid' isn't in range");
  CHECK(reason(kill, "pid", 4294967297) == "'pid' isn't in range");
  CHECK(reason(kill, "signum", 9) == "");
  CHECK(reason(kill, "signum", 4294967305) == "'signum' isn't in range");
  CHECK(reason(hold, "wid", 0) == "");
  CHECK(reason(hold, "wid", 4294967297) == "'wid' isn't in range");
  CHECK(reason(*find_command("unhold"), "wid", -1) == "'wid' isn't in range");
  CHECK(reason(*find_command("stats"), "process", 4294967297) == "'process' isn't in range");
  const auto child = bind(*find_command("signal"), Value::object()
                                                       .set("name", "web")
                                                       .set("pid", 5)
                                                       .set("childpid", std::int64_t{1} << 32)
                                                       .set("signum", 9));
  REQUIRE(!child);
  CHECK(child.error().text == "'childpid' isn't in range");
}
