#include "lib/conf/variables.h"

#include <doctest/doctest.h>

#include "lib/conf/used_sockets.h"

using namespace troupe;
using namespace troupe::conf;

namespace {

std::string env(std::string_view text) {
  const Variables over{{"A", "over"}, {"MixedCase", "mixed"}};
  const Variables under{{"A", "under"}, {"B", "$(circus.env.A)"}, {"lower", "l"}, {"EMPTY", ""}};
  return expand(text, EnvLookup({&over, &under}));
}

}  // namespace

TEST_CASE("both spellings and both prefixes of a variable are replaced, in any case") {
  CHECK(env("$(circus.env.A)") == "over");
  CHECK(env("((circus.env.A))") == "over");
  CHECK(env("$(troupe.env.A)((TROUPE.ENV.a))") == "overover");
  CHECK(env("x$(circus.env.lower)y((circus.env.mixedcase))z") == "xlymixedz");
  CHECK(env("-$(circus.env.EMPTY)-") == "--");
}

TEST_CASE("what is no known variable stays as it stands") {
  for (std::string_view text :
       {"", "$", "(", "((", "$(", "$()", "(())", "$(circus.env.NOPE)", "$(circus.wid)", "$(other.env.A)",
        "$(circus.env.A", "((circus.env.A)", "$(circus env A)", "$WID $A ${A}", "$((1 + 2))", "circus.env.A",
        "$(circus.)", "$(date)", "a $ b ( c"}) {
    CAPTURE(text);
    CHECK(env(text) == text);
  }
}

TEST_CASE("what is put in is not read again") {
  CHECK(env("$(circus.env.B)") == "$(circus.env.A)");
}

TEST_CASE("a variable is found behind a bracket or dollar of the text") {
  CHECK(env("$$(circus.env.A)") == "$over");
  CHECK(env("(((circus.env.A)))") == "(over)");
  CHECK(env("$(($(circus.env.A)))") == "$((over))");
}

TEST_CASE("at a start the wid, the options and the environment of the process are known") {
  WatcherConfig config;
  config.name = "web";
  config.numprocesses = 4;
  config.working_dir = "/srv";
  config.uid = "www-data";
  config.env = {{"PORT", "80"}};
  config.rlimits["nofile"] = 64;
  config.free = {{"colour", "blue"}};
  const Variables inherited{{"HOME", "/root"}, {"PORT", "1"}};
  const SpawnVariables lookup(config, 3, inherited);
  CHECK(expand("serve --id $(circus.wid) of ((circus.numprocesses))", lookup) == "serve --id 3 of 4");
  CHECK(expand("$(circus.working_dir) $(circus.uid) $(circus.shell)", lookup) == "/srv www-data False");
  CHECK(expand("$(circus.rlimits.nofile) $(circus.env.port) $(circus.use_fds)", lookup) == "64 80 False");
  CHECK(expand("$(circus.graceful_timeout) $(circus.gid)", lookup) == "30.0 None");
  for (std::string_view text : {"$(circus.name)", "$(circus.colour)", "$(circus.env.HOME)",
                                "$(circus.rlimits.cpu)", "$(circus.sockets.web)", "$(circus.autostart.x)"}) {
    CHECK(expand(text, lookup) == text);
  }
  config.copy_env = true;
  const SpawnVariables copying(config, 1, inherited);
  CHECK(expand("$(circus.env.HOME) $(circus.env.PORT)", copying) == "/root 80");
  config.args = {"", {"a", "b"}, true};
  CHECK(expand("$(circus.args)", SpawnVariables(config, 1, inherited)) == "a b");
}

TEST_CASE("$NAME in an environment is the daemon's variable, or nothing") {
  const Variables own{{"HOME", "/root"}, {"A_1", "one"}, {"lower", "no"}};
  CHECK(expand_dollars("$HOME/bin:$A_1", own) == "/root/bin:one");
  CHECK(expand_dollars("[$NOPE]", own) == "[]");
  CHECK(expand_dollars("${HOME} $lower $ $", own) == "${HOME} $lower $ $");
  CHECK(expand_dollars("  $HOME  ", own) == "/root");
  CHECK(expand_dollars("$HOMElower", own) == "/rootlower");
  CHECK(expand_dollars("$$HOME", own) == "$/root");
}

TEST_CASE("a socket's name becomes the number of its descriptor, and others stay") {
  WatcherConfig config;
  const Variables none;
  const SocketNumbers sockets{{"web", 8}};
  CHECK(expand("a $(circus.sockets.WEB) ((circus.sockets.web)) $(circus.sockets.x)",
               SpawnVariables(config, 1, none, &sockets)) == "a 8 8 $(circus.sockets.x)");
  CHECK(expand("$(circus.sockets.web)", SpawnVariables(config, 1, none)) == "$(circus.sockets.web)");
}

TEST_CASE("a watcher uses the sockets that its command names, and the one that is its input") {
  WatcherConfig config;
  config.cmd = "x --fd $(circus.sockets.Web)";
  config.args.text = "((troupe.sockets.b)) $(circus.env.c)";
  config.stdin_socket = "In";
  CHECK(used_sockets(config) == std::set<std::string>{"b", "in", "web"});
  config.args = {"", {"$(circus.sockets.list)"}, true};
  CHECK(used_sockets(config).contains("list"));
}
