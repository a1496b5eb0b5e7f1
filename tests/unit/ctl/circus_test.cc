#include "ctl/circus.h"

#include <doctest/doctest.h>

#include <deque>
#include <set>

#include "ctl/circus_render.h"
#include "ctl/circus_shell.h"
#include "ctl/circus_verbs.h"
#include "ctl/python_json.h"
#include "lib/json/reader.h"

using namespace troupe;
using namespace troupe::ctl;

namespace {

Value object(std::string_view text) {
  auto value = json::parse(text);
  REQUIRE(value);
  return *value;
}

std::string shows(std::string_view verb, std::string_view reply) {
  return circus_render(verb, Value::object(), object(reply));
}

/// Keeps the last request and answers with what the test says.
class OneReply : public Daemon {
 public:
  explicit OneReply(std::string text) : text_(std::move(text)) {}

  Result<Value> call(std::string_view, const Value& properties, Duration timeout) override {
    asked = properties;
    patience = timeout;
    if (text_.empty()) return make_error(Code::timed_out, "no answer");
    return json::parse(text_);
  }

  Value asked;
  Duration patience{};

 private:
  std::string text_;
};

Outcome run(Daemon& daemon, const std::vector<std::string>& words) {
  const auto invocation = read_command_line(words, circus_grammar());
  REQUIRE(invocation);
  return circus_one_shot(*invocation, daemon);
}

Value sent(const std::vector<std::string>& words) {
  OneReply daemon(R"({"status": "ok"})");
  CHECK(run(daemon, words).exit == Exit::good);
  return daemon.asked;
}

}  // namespace

TEST_CASE("JSON is spelled as Python's json module does") {
  const Value value = object(R"({"b":[1,2.5,null,true],"a":{},"t":"ä\u0001\"\\€😀"})");
  CHECK(python_json(value) ==
        R"({"b": [1, 2.5, null, true], "a": {}, "t": "\u00e4\u0001\"\\\u20ac\ud83d\ude00"})");
  CHECK(python_json_sorted(object(R"({"b":[1,2],"a":{}})")) ==
        "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2\n  ]\n}");
}

TEST_CASE("bytes are spelled as Python's literals") {
  CHECK(python_bytes("watcher.web") == "b'watcher.web'");
  CHECK(python_bytes("it's") == "b\"it's\"");
  CHECK(python_bytes("'\"\\\n\xff") == "b'\\'\"\\\\\\n\\xff'");
}

TEST_CASE("an event is two literals, its payload as Circus writes JSON") {
  CHECK(circus_event("watcher.a.stop", R"({"time":1.5,"seq":3})") ==
        "b'watcher.a.stop': b'{\"time\": 1.5, \"seq\": 3}'\n");
  CHECK(circus_event("odd", "no json") == "b'odd': b'no json'\n");
}

TEST_CASE("values are printed in Python's spelling, and env as pairs sorted by name") {
  CHECK(shows("options", R"({"options": {"env": {"B": "2", "A": "1"}, "gid": null, "respawn": true,
                             "graceful_timeout": 2.0, "stdout_stream_conf": {"class": "FileStream"}}})") ==
        "env: A=1,B=2\ngid: \nrespawn: True\ngraceful_timeout: 2.0\n"
        "stdout_stream_conf: {'class': 'FileStream'}\n");
}

TEST_CASE("sockets are told with their addresses") {
  CHECK(shows("listsockets", R"({"sockets": [
      {"fd": 8, "name": "local", "backlog": 2048, "path": "local.sock"},
      {"fd": 9, "name": "web", "backlog": 2048, "host": "127.0.0.1", "port": 8888}]})") ==
        "8:socket 'local' at local.sock\n9:socket 'web' at 127.0.0.1:8888\n");
}

TEST_CASE("a process that is gone is told as a text") {
  CHECK(shows("stats", R"x({"name": "web", "info": {"17": "No such process (stopped?)"}})x") ==
        "web:\n17: No such process (stopped?)\n");
}

TEST_CASE("text from outside cannot move the cursor of circusctl's user") {
  CHECK(shows("list", R"({"watchers": ["a\u001b[2J"]})") == "a\\x1b[2J\n");
}

TEST_CASE("circusctl has the 25 verbs of Circus that there are, without what Circus has not") {
  std::set<std::string_view> names;
  for (const api::Command& verb : circus_verbs()) names.insert(verb.name);
  CHECK(names.size() == circus_verbs().size());
  CHECK(names.size() + (find_verb("reloadconfig") ? 0 : 1) == 25);
  CHECK(!find_circus_verb("hold"));
  const api::Command* add = find_circus_verb("add");
  REQUIRE(add);
  CHECK(!api::find_param(*add, "options"));
  CHECK(!api::find_param(*add, "waiting"));
  CHECK(api::find_param(*find_verb("add"), "options"));
}

TEST_CASE("the words of a command line are joined as they are, and a signal is the daemon's to judge") {
  CHECK(*sent({"add", "--start", "web", "sh", "-c", "a b"}).find("cmd") == Value("sh -c a b"));
  CHECK(*sent({"signal", "web", "NOPE"}).find("signum") == Value("NOPE"));
  CHECK(sent({"kill", "web", "--graceful_timeout", "2", "--waiting"}) ==
        object(R"({"name": "web", "graceful_timeout": 2, "waiting": true})"));
  CHECK(*sent({"set", "web", "hooks", "before_start:a.b,after_stop:c.d"}).find("options") ==
        object(R"({"hooks": {"before_start": "a.b", "after_stop": "c.d"}})"));
}

TEST_CASE("a wrong number of words leaves with 1 and is not sent") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"rm"},
                                                                 {"get", "web"},
                                                                 {"add", "web"},
                                                                 {"set", "web", "cmd"},
                                                                 {"set", "web"},
                                                                 {"signal", "web"},
                                                                 {"list", "web", "more"}}) {
    OneReply daemon(R"({"status": "ok"})");
    const Outcome outcome = run(daemon, words);
    CHECK(outcome.exit == Exit::client);
    CHECK(outcome.err == "Invalid number of arguments");
    CHECK(daemon.asked.is_null());
  }
}

TEST_CASE("with --json circusctl leaves with 0 even for an error") {
  OneReply daemon(R"({"status": "error", "reason": "no", "errno": 3})");
  const Outcome outcome = run(daemon, {"--json", "status", "web"});
  CHECK(outcome.exit == Exit::good);
  CHECK(outcome.out == "{\"status\": \"error\", \"reason\": \"no\", \"errno\": 3}\n");
  CHECK(run(daemon, {"list", "web"}).exit == Exit::refused);
}

TEST_CASE("no answer in time begins with the words that scripts look for") {
  OneReply daemon("");
  const Outcome outcome = run(daemon, {"list"});
  CHECK(outcome.exit == Exit::client);
  CHECK(outcome.err.starts_with("Timed out.\n"));
  CHECK(daemon.patience == Duration(5s));
}

TEST_CASE("circusctl's own options stand before the verb only") {
  CHECK(read_command_line({"--json", "list"}, circus_grammar()));
  const auto after = read_command_line({"list", "--json"}, circus_grammar());
  REQUIRE(!after);
  CHECK(after.error().text == "unrecognized arguments: --json");
  CHECK(!read_command_line({"--color", "always", "list"}, circus_grammar()));
  CHECK(*read_command_line({"--endpoint", "a", "--endpoint", "b", "list"}, circus_grammar())
             ->settings.endpoint == "b");
}

TEST_CASE("circusctl looks where it was told, or at Circus's own ports") {
  Surroundings around;
  around.troupe_endpoint = "ipc:///elsewhere";
  CHECK(circus_place({}, false, around) == "tcp://127.0.0.1:5555");
  CHECK(circus_place({}, true, around) == "tcp://127.0.0.1:5556");
  around.circusctl_endpoint = "ipc:///here";
  CHECK(circus_place({}, false, around) == "ipc:///here");
  CHECK(circus_place({}, true, around) == "tcp://127.0.0.1:5556");
  Settings settings;
  settings.endpoint = "ipc:///named";
  CHECK(circus_place(settings, true, around) == "ipc:///named");
}

TEST_CASE("a line of the session runs as circusctl with the session's options") {
  CircusSession session({"--endpoint", "x"});
  CHECK(session.on_line(" status 'one shot' ").arguments ==
        std::vector<std::string>{"--endpoint", "x", "status", "one shot"});
  CHECK(session.on_line("nosuch 'x").text == "*** no closing quotation mark (')\n");
  CHECK(session.on_line("nosuch x").text == "*** Unknown syntax: nosuch x\n");
  CHECK(session.on_line("").arguments.empty());
  CHECK(session.on_line("EOF").ends);
  CHECK(session.on_line("help nosuch").text == "*** No help on nosuch\n");
  CHECK(!session.on_line("status --bad").ends);
}

TEST_CASE("completion in the way that shells asked for it long ago") {
  CHECK(circus_auto_complete("circusctl sta", "1") == "start stats status\n");
  CHECK(circus_auto_complete("circusctl", "1").starts_with("add decr dstats "));
  CHECK(circus_auto_complete("circusctl zz", "1") == "\n");
}
