#include <doctest/doctest.h>

#include "lib/conf/hook_config.h"
#include "lib/conf/option_set.h"

using namespace troupe;
using namespace troupe::conf;

TEST_CASE("a hook is a Python function or a program, and may be allowed to fail") {
  CHECK(*parse_hook("hooks.before") == HookConfig{"hooks.before", false});
  CHECK(*parse_hook("a.b.c, True") == HookConfig{"a.b.c", true});
  CHECK(*parse_hook("a.b,no") == HookConfig{"a.b", false});
  CHECK_FALSE(parse_hook("a.b")->is_program());
  CHECK(*parse_hook("/usr/bin/check,1") == HookConfig{"/usr/bin/check", true});
  CHECK(parse_hook("./check.sh")->is_program());
  CHECK(*parse_hook("/srv/a,b/check,off") == HookConfig{"/srv/a,b/check", false});
}

TEST_CASE("what is no hook is refused") {
  for (std::string_view bad : {"", ",true", "function", "a..b", "a.b,maybe", "a.b,", "1a.b", "a b.c", ".a"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_hook(bad));
  }
  CHECK(parse_hook("function").error().text ==
        "'function' is not a hook: module.function or the path of a program, with ,true after it to ignore "
        "that it fails");
}

TEST_CASE("the text of a hook reads back as the same") {
  for (std::string_view text : {"a.b", "a.b,true", "./x"}) {
    CHECK(hook_text(*parse_hook(text)) == text);
  }
}

TEST_CASE("a hook that is set on the wire is checked as in a file, and null takes it away") {
  WatcherConfig config;
  REQUIRE(set_option(config, "hooks.after_stop", "a.b,true"));
  CHECK(config.hooks.at("after_stop") == HookConfig{"a.b", true});
  CHECK(set_option(config, "hooks.after_stop", "nodots").error().text ==
        "'hooks.after_stop' isn't a hook: module.function or the path of a program");
  REQUIRE(set_option(config, "hooks.after_stop", nullptr));
  CHECK(config.hooks.empty());
}
