#include "plugins/host/config.h"

#include <doctest/doctest.h>

using namespace troupe;
using plugins::Config;
using plugins::ConfigRow;

namespace {

constexpr ConfigRow rows[] = {{"file", "", "A file."}, {"format", "json", "How."}};

}  // namespace

TEST_CASE("the configuration of a section of Circus is read") {
  const auto config = Config::parse(
      "__name__:plugin:Spy:::name:plugin:Spy:::out:plugin.log:::path:some/dir:with:colons", rows);
  REQUIRE(config);
  CHECK(config->text("name") == "plugin:Spy");
  CHECK(config->text("path") == "some/dir:with:colons");
  CHECK(config->text("format") == "json");
  CHECK(config->text("unknown") == "");
}

TEST_CASE("values may be empty and hold spaces and quotes; the last of two counts") {
  const auto config = Config::parse("file:/tmp/a 'b'.log:::format::::format:te xt", rows);
  REQUIRE(config);
  CHECK(config->text("file") == "/tmp/a 'b'.log");
  CHECK(config->text("format") == "te xt");
  CHECK(Config::parse("file:a:::::format:b", rows)->text("file") == "a::");
  CHECK(Config::parse("file:a:::::format:b", rows)->text("format") == "b");
  CHECK(Config::parse("format:", rows)->text("format") == "");
  CHECK(Config::parse("", rows)->text("format") == "json");
}

TEST_CASE("a piece without a colon is an error that shows it") {
  CHECK(Config::parse("file:x:::nonsense", rows).error().text ==
        "'nonsense' in the configuration is not key:value");
}
