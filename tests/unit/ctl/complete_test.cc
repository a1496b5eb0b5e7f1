#include "ctl/complete.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "ctl/circus_verbs.h"
#include "ctl/completion_script.h"
#include "ctl/own_shell.h"
#include "lib/base/text.h"
#include "lib/json/reader.h"

using namespace troupe;
using namespace troupe::ctl;

namespace {

using Words = std::vector<std::string>;

class Known : public Knowledge {
 public:
  Words watchers() override { return {"db", "one shot", "web"}; }
  Words pids(std::string_view watcher) override { return watcher == "web" ? Words{"12", "13"} : Words{}; }
  std::string option(std::string_view, std::string_view key) override {
    return key == "cmd" ? "sleep 5" : "";
  }
};

Words choices(std::string_view line, const Grammar& grammar = own_grammar()) {
  Known known;
  const Typing typing = read_typing(line);
  return complete(grammar, typing.words, typing.word, known);
}

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

TEST_CASE("the words before the cursor are read as a shell reads them") {
  const Typing typing = read_typing(R"(stop 'one shot' "a b" c\ d 'half wo)");
  CHECK(typing.words == Words{"stop", "one shot", "a b", "c d"});
  CHECK(typing.word == "half wo");
  CHECK(typing.begin == 27);
  CHECK(read_typing("stop ").words == Words{"stop"});
  CHECK(read_typing("stop ").word.empty());
  CHECK(read_typing("stop ").begin == 5);
  CHECK(read_typing("").begin == 0);
}

TEST_CASE("a verb is completed from the rows") {
  CHECK(choices("sta") == Words{"start", "stats", "status"});
  CHECK(choices("--json sta") == Words{"start", "stats", "status"});
  CHECK(choices("--endpoint sta").empty());
  CHECK(has(choices(""), "events"));
  CHECK(choices("nosuch ").empty());
}

TEST_CASE("options are those of the verb and the program's own") {
  CHECK(has(choices("incr web --"), "--waiting"));
  CHECK(has(choices("incr web --"), "--json"));
  CHECK(!has(choices("list --"), "--waiting"));
  CHECK(choices("reload --te") == Words{"--terminate"});
  CHECK(choices("--color a") == Words{"always", "auto"});
  CHECK(choices("start --match s") == Words{"simple"});
  CHECK(choices("events --since 5 w") == Words{"watcher.db.", "watcher.one_shot.", "watcher.web."});
}

TEST_CASE("the daemon is asked for names, pids and values") {
  CHECK(choices("stop ") == Words{"db", "one shot", "web"});
  CHECK(choices("stop 'one ") == Words{"one shot"});
  CHECK(choices("stop We") == Words{"web"});
  CHECK(choices("stats web ") == Words{"12", "13"});
  CHECK(choices("set web cmd sl") == Words{"sleep 5"});
  CHECK(choices("stop web ").empty());
}

TEST_CASE("where an optional word may stand, so may the required one after it") {
  const Words found = choices("signal web ");
  CHECK(has(found, "12"));
  CHECK(has(found, "HUP"));
  CHECK(!has(choices("signal web 12 "), "12"));
  CHECK(has(choices("signal web 12 "), "USR1"));
}

TEST_CASE("keys and values of options take turns") {
  CHECK(choices("set web resp") == Words{"respawn"});
  CHECK(choices("set web respawn ") == Words{"false", "true"});
  CHECK(choices("set web respawn true numproc") == Words{"numprocesses"});
  CHECK(has(choices("set web stop_signal "), "QUIT"));
  CHECK(choices("get web cmd numproc") == Words{"numprocesses"});
  CHECK(has(choices("add --option "), "numprocesses="));
  CHECK(has(choices("add --option "), "rlimit_"));
}

TEST_CASE("a command line of another program is not completed") {
  CHECK(choices("add new s").empty());
}

TEST_CASE("circusctl's completion knows its verbs and options only") {
  CHECK(!has(choices("", circus_grammar()), "hold"));
  CHECK(!has(choices("list --", circus_grammar()), "--json"));
  CHECK(has(choices("--", circus_grammar()), "--prettify"));
}

TEST_CASE("the common start of several words") {
  CHECK(common_start({"start", "stats", "status"}) == "sta");
  CHECK(common_start({"a"}) == "a");
  CHECK(common_start({"nä", "nö"}) == "n");
  CHECK(common_start({"näh", "näs"}) == "nä");
  CHECK(common_start({"a", "b"}).empty());
  CHECK(common_start({}).empty());
}

TEST_CASE("every verb and option stands in the completion scripts") {
  for (const std::string_view shell : {"bash", "zsh"}) {
    const std::string script = completion_script(shell, own_grammar());
    for (const api::Command* verb : own_grammar().verbs()) {
      CHECK(script.find("    " + std::string(verb->name) + ") echo ") != script.npos);
    }
    CHECK(script.find("--graceful_timeout") != script.npos);
  }
  CHECK(completion_script("fish", own_grammar()).empty());
}

TEST_CASE("the prompt tells how many watchers are not active") {
  const auto reply = [](std::string_view text) { return *json::parse(text); };
  CHECK(shell_prompt(nullptr) == "troupe (no daemon)> ");
  const Value good = reply(R"({"statuses": {"a": "active"}})");
  CHECK(shell_prompt(&good) == "troupe> ");
  const Value bad = reply(R"({"statuses": {"a": "active", "b": "stopped", "c": "starting"}})");
  CHECK(shell_prompt(&bad) == "troupe (2 of 3 not active)> ");
  const Value error = reply(R"({"status": "error"})");
  CHECK(shell_prompt(&error) == "troupe (no daemon)> ");
}

TEST_CASE("a line of the shell runs as troupectl with the shell's options") {
  OwnSession session({"--name", "n"}, [](const Settings&) { return std::string("> "); }, {});
  CHECK(session.on_line(" stop 'one shot'").arguments == Words{"--name", "n", "stop", "one shot"});
  CHECK(session.on_line("troupectl list").arguments == Words{"--name", "n", "list"});
  CHECK(session.on_line("  ").arguments.empty());
  CHECK(session.on_line("exit").ends);
  CHECK(session.on_line("stop 'x").text == "troupectl: no closing quotation mark (')\n");
}

TEST_CASE("quit, which is easily mistaken for leaving, is asked for twice") {
  OwnSession session({}, [](const Settings&) { return std::string("> "); }, {});
  CHECK(session.on_line("quit").arguments.empty());
  CHECK(session.on_line("list").arguments == Words{"list"});
  const auto step = session.on_line("quit --waiting");
  CHECK(step.arguments.empty());
  CHECK(step.text.find("exit leaves") != std::string::npos);
  CHECK(session.on_line("quit --waiting").arguments == Words{"quit", "--waiting"});
}
