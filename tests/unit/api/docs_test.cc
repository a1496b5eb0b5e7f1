#include "lib/api/docs.h"

#include <doctest/doctest.h>

#include "lib/api/events.h"

using namespace troupe;
using namespace troupe::api;

namespace {
std::string usage_of(const char* name) {
  return usage(*find_command(name));
}
bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
}  // namespace

TEST_CASE("the usage of a verb is Circus's command line") {
  CHECK(usage_of("incr") == "incr NAME [N] [--waiting]");
  CHECK(usage_of("list") == "list [NAME]");
  CHECK(usage_of("signal") == "signal NAME [PID] SIGNUM [--childpid CHILDPID] [--children] [--recursive]");
  CHECK(usage_of("set") == "set NAME KEY VALUE... [--waiting]");
  CHECK(usage_of("get") == "get NAME KEY...");
  CHECK(usage_of("add") == "add [--option KEY=VALUE]... [--start] [--waiting] NAME CMD...");
  CHECK(usage_of("reload") == "reload [NAME] [--terminate] [--sequential] [--waiting]");
  CHECK(usage_of("stats") == "stats [NAME] [PID] [--extended]");
}

TEST_CASE("a parameter has one word everywhere") {
  CHECK(cli_word(*find_param(*find_command("set"), "options")) == "KEY VALUE");
  CHECK(cli_word(*find_param(*find_command("add"), "options")) == "--option");
}

TEST_CASE("the pages have a section for every row") {
  const std::string commands_page = commands_markdown();
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    CHECK(contains(commands_page, "\n## " + std::string(command.name) + "\n"));
  }
  const std::string events_page = events_markdown();
  for (const EventKind& kind : events()) {
    CAPTURE(kind.name);
    CHECK(contains(events_page, "." + std::string(kind.name)));
  }
  CHECK(contains(errors_markdown(), "| 6 | bad message data |"));
}

TEST_CASE("a row of a table has as many cells as its head") {
  const std::string page = commands_markdown();
  CHECK(contains(page, "| `name` | watcher | required | `NAME` | The watcher to resize. |"));
  CHECK(contains(page, "| `nb` | integer | `1` | `[N]` | How many processes more or fewer. |"));
}
