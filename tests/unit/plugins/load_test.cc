#include "plugins/host/load.h"

#include <doctest/doctest.h>

#include "plugins/host/host.h"
#include "tests/unit/plugins/fake_arbiter.h"

using namespace troupe;
using namespace troupe::plugins;

TEST_CASE("a plugin in a shared object is loaded and runs like one that is built in") {
  const auto row = load_plugin(TEN_LINES_SO);
  REQUIRE(row);
  CHECK((*row)->name == "ten_lines");
  FakeArbiter arbiter;
  arbiter.run([](FakeArbiter& a) { a.publish(); });
  auto host = Host::open(arbiter.context(), arbiter.endpoint(), arbiter.pubsub());
  REQUIRE(host);
  CHECK((*host)->run(**row, *Config::parse("", (*row)->options)) == 42);
}

TEST_CASE("what is no plugin is refused by name") {
  CHECK(load_plugin("/nonexistent/mine.so").error().text.starts_with("load /nonexistent/mine.so: "));
  CHECK(load_plugin("libc.so.6").error().text ==
        "libc.so.6 is no plugin: it gives no row by troupe_plugin()");
}
