#include "ctl/cli.h"

#include <doctest/doctest.h>

#include "ctl/verbs.h"

using namespace troupe;
using namespace troupe::ctl;

namespace {

using Words = std::vector<std::string>;

Invocation read(Words words) {
  auto invocation = read_command_line(words);
  if (!invocation) FAIL(invocation.error().text);
  return *invocation;
}

std::string refuses(Words words) {
  const auto invocation = read_command_line(words);
  return invocation ? "(accepted)" : invocation.error().text;
}

bool has(const Invocation& invocation, std::string_view option, std::string_view value = "") {
  for (const auto& [name, text] : invocation.typed.options) {
    if (name == option && text == value) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("options of troupectl stand before or after the verb") {
  for (const Words& words : {Words{"--json", "--endpoint", "tcp://x:1", "--timeout", "2", "status", "web"},
                             Words{"status", "web", "--json", "--endpoint=tcp://x:1", "--timeout", "2"}}) {
    const Invocation got = read(words);
    CHECK(got.verb->name == "status");
    CHECK(got.typed.words == Words{"web"});
    CHECK(got.settings.json);
    CHECK(got.settings.endpoint == "tcp://x:1");
    CHECK(got.settings.timeout == 2);
  }
  CHECK_FALSE(read({"status"}).settings.timeout);
  CHECK(read({"--color", "never", "list"}).settings.colour == Settings::Colour::never);
}

TEST_CASE("a flag may stand between and after the words of a verb") {
  const Invocation set = read({"set", "web", "numprocesses", "3", "priority", "-1", "--waiting"});
  CHECK(set.typed.words == Words{"web", "numprocesses", "3", "priority", "-1"});
  CHECK(has(set, "waiting"));
  const Invocation signal = read({"signal", "tree", "--recursive", "CONT"});
  CHECK(signal.typed.words == Words{"tree", "CONT"});
  CHECK(has(signal, "recursive"));
  CHECK_FALSE(has(signal, "children"));
}

TEST_CASE("--wait is another word for --waiting and -f for --follow") {
  CHECK(has(read({"incr", "web", "--wait"}), "waiting"));
  CHECK(has(read({"events", "-f", "watcher.web"}), "follow"));
  CHECK(has(read({"events", "--follow", "--since", "12"}), "since", "12"));
}

TEST_CASE("options with a value and inverted flags are told by the name of their row") {
  const Invocation kill = read({"kill", "web", "--signum", "INT", "--graceful_timeout", "2"});
  CHECK(has(kill, "signum", "INT"));
  CHECK(has(kill, "graceful_timeout", "2"));
  CHECK(has(read({"reload", "web", "--terminate"}), "graceful"));
  CHECK(refuses({"kill", "web", "--signum"}) != "(accepted)");
}

TEST_CASE("after the name of add everything belongs to the command line") {
  const Invocation add = read({"add", "--start", "n", "sh", "-c", "sleep 5", "--json"});
  CHECK(add.typed.words == Words{"n", "sh", "-c", "sleep 5", "--json"});
  CHECK(has(add, "start"));
  CHECK_FALSE(add.settings.json);
  CHECK(read({"add", "", "hello", "world"}).typed.words == Words{"", "hello", "world"});
  const Invocation with = read({"add", "--option", "numprocesses=2", "--option", "shell=true", "n", "x"});
  CHECK(with.typed.words == Words{"n", "x"});
  CHECK(has(with, "options", "numprocesses=2"));
  CHECK(has(with, "options", "shell=true"));
  CHECK(has(read({"add", "n", "--start", "sleep", "5"}), "start"));
}

TEST_CASE(
    "options of add inside its command line are refused with the remedy, unless -- stands before them") {
  CHECK(refuses({"add", "x", "sleep", "1000", "--start", "--waiting"}) ==
        "'--start' stands in the command line: put --start before the command line, or write -- before it");
  for (const char* option : {"--waiting", "--wait", "--option", "--start"}) {
    CAPTURE(option);
    CHECK(refuses({"add", "x", "sleep", option}).starts_with("'" + std::string(option) + "' stands in"));
    CHECK(refuses({"add", "--start", "x", "sleep", option}) != "(accepted)");
    for (const Words& words :
         {Words{"add", "--", "x", "sleep", option}, Words{"add", "x", "--", "sleep", option}}) {
      const Invocation meant = read(words);
      CHECK(meant.typed.words == Words{"x", "sleep", option});
      CHECK(meant.typed.options.empty());
    }
  }
  CHECK(read({"add", "x", "npm", "run", "--", "--start"}).typed.words ==
        Words{"x", "npm", "run", "--", "--start"});
  CHECK(refuses({"add", "x", "serve", "--name", "y", "--started"}) == "(accepted)");
}

TEST_CASE("a slip in a verb or an option is answered with the nearest word") {
  CHECK(refuses({"statsu"}) == "unknown command 'statsu'; did you mean stats?");
  CHECK(refuses({"frobnicate"}) == "unknown command 'frobnicate'");
  CHECK(refuses({"incr", "web", "--wating"}) == "unknown option '--wating'; did you mean --waiting?");
  CHECK(refuses({"--jsn", "list"}) == "unknown option '--jsn'; did you mean --json?");
  CHECK(refuses({"list", "--bad"}) == "unknown option '--bad'");
  CHECK(refuses({"add", "--strat", "n", "x"}) == "unknown option '--strat'; did you mean --start?");
}

TEST_CASE("bad values of troupectl's own options are refused") {
  for (const char* word : {"soon", "-1", "0", "nan", "inf", "5s", ""}) {
    CAPTURE(word);
    for (const Words& words : {Words{"--timeout", word, "list"}, Words{"list", "--timeout", word}}) {
      CHECK(refuses(words) == "--timeout wants seconds above 0, such as 5 or 0.5");
    }
  }
  CHECK(refuses({"--color", "blue", "list"}) == "--color: 'blue' is none of auto, always, never");
  CHECK(refuses({"--endpoint"}) == "--endpoint wants a value");
  CHECK(refuses({"--json=maybe", "list"}) == "--json takes no value");
  CHECK(refuses({"list", "--color"}) == "--color wants a value");
  CHECK(refuses({"hold", "web", "--by"}) == "--by wants a value");
  CHECK(read({"--timeout", "1", "list", "--timeout", "2"}).settings.timeout == 2);
}

TEST_CASE("after -- nothing is an option") {
  CHECK(read({"decr", "web", "--", "-5"}).typed.words == Words{"web", "-5"});
  CHECK(read({"decr", "--", "web", "-5"}).typed.words == Words{"web", "-5"});
  CHECK(read({"list", "--", "--json"}).typed.words == Words{"--json"});
  CHECK(read({"--", "list"}).verb->name == "list");
}

TEST_CASE("who asks hears of which verb the error is") {
  const api::Command* verb = nullptr;
  CHECK_FALSE(read_command_line({"hold", "web", "--by"}, own_grammar(), &verb));
  CHECK(verb == find_verb("hold"));
  verb = nullptr;
  CHECK_FALSE(read_command_line({"statsu"}, own_grammar(), &verb));
  CHECK(verb == nullptr);
}

TEST_CASE("help and version need no verb, and help may follow one") {
  CHECK(read({"--help"}).settings.help);
  CHECK(read({"--version"}).settings.version);
  CHECK(read({}).verb == nullptr);
  const Invocation help = read({"incr", "-h"});
  CHECK(help.settings.help);
  CHECK(help.verb->name == "incr");
}

TEST_CASE("every verb can be read and explained") {
  CHECK(verb_help(*find_verb("set")).find("  KEY VALUE  ") != std::string::npos);
  const std::string general = general_help();
  for (const api::Command& command : api::commands()) {
    const std::string name(command.name);
    CAPTURE(name);
    CHECK(read({name, "--help"}).verb == find_verb(name));
    CHECK(verb_help(*find_verb(name)).find("Usage: troupectl [OPTIONS] " + name) == 0);
    CHECK(general.find("\n  " + name + " ") != std::string::npos);
  }
  for (const OwnOption& option : own_options()) {
    CAPTURE(option.name);
    Words words{std::string(option.name)};
    if (!option.value.empty()) words.push_back(option.name == "--color" ? "auto" : "1");
    CHECK(refuses(words) == "(accepted)");
  }
}
