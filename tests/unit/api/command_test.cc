#include "lib/api/command.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/api/bound.h"
#include "lib/api/process_commands.h"

using namespace troupe;
using namespace troupe::api;

TEST_CASE("commands are found in any case, as Circus finds them") {
  REQUIRE(find_command("STATUS"));
  CHECK(find_command("STATUS")->name == "status");
  CHECK(find_command("incr")->access == Access::write);
  CHECK_FALSE(find_command("frobnicate"));
  CHECK_FALSE(find_command(""));
  CHECK_FALSE(find_command("stat"));
  CHECK_FALSE(find_command("zzz"));
}

TEST_CASE("every command of Circus that this daemon answers is a row") {
  for (const char* name :
       {"add",     "decr",   "dstats",      "get",          "globaloptions", "incr",    "ipython", "kill",
        "list",    "listen", "listsockets", "numprocesses", "numwatchers",   "options", "quit",    "reload",
        "restart", "rm",     "set",         "signal",       "start",         "stats",   "status",  "stop"}) {
    CAPTURE(name);
    CHECK(find_command(name));
  }
}

TEST_CASE("waiting is a property of the commands whose work takes time") {
  CHECK(find_param(*find_command("stop"), "waiting") == &waiting_param);
  CHECK_FALSE(find_param(*find_command("list"), "waiting"));
  CHECK(find_param(*find_command("signal"), "signum")->type == Type::signal);
}

namespace {
struct Handler {
  std::string_view name;
};
constexpr Handler complete[] = {{"kill"}, {"signal"}, {"numprocesses"}, {"decr"}, {"incr"}};
constexpr Handler short_of_one[] = {{"kill"}, {"signal"}, {"numprocesses"}, {"decr"}};
constexpr Handler twice[] = {{"kill"}, {"kill"}, {"numprocesses"}, {"decr"}, {"incr"}};
constexpr Handler unknown[] = {{"kill"}, {"signal"}, {"numprocesses"}, {"decr"}, {"inrc"}};
}  // namespace

TEST_CASE("rows and handlers are bound only when each has the other") {
  static_assert(bound(process_commands, complete));
  static_assert(!bound(process_commands, short_of_one));
  static_assert(!bound(process_commands, twice));
  static_assert(!bound(process_commands, unknown));
}
