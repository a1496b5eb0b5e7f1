#include "lib/api/events.h"

#include <doctest/doctest.h>

#include "lib/api/errors.h"

using namespace troupe;
using namespace troupe::api;

TEST_CASE("a topic has the watcher's name in lower case with underscores") {
  CHECK(topic_name("Plain One") == "plain_one");
  CHECK(watcher_topic("Plain One", "spawn") == "watcher.plain_one.spawn");
  CHECK(watcher_topic("plugin:logger", "reap") == "watcher.plugin:logger.reap");
}

TEST_CASE("the event of a topic is found from both ends") {
  REQUIRE(find_event("watcher.web.spawn"));
  CHECK(find_event("watcher.web.spawn")->name == "spawn");
  CHECK(find_event("watcher.a.dotted.name.reap")->name == "reap");
  CHECK(find_event("arbiter.mark")->scope == Scope::arbiter);
  CHECK_FALSE(find_event("watcher.spawn"));
  CHECK_FALSE(find_event("watcher."));
  CHECK_FALSE(find_event("watcher.web.mark"));
  CHECK_FALSE(find_event("arbiter.spawn"));
  CHECK_FALSE(find_event("checks.failed"));
  CHECK_FALSE(find_event(""));
}

TEST_CASE("clients publish under topics of their own only") {
  CHECK(check_published_topic("checks.web.failed"));
  CHECK(check_published_topic("watchers"));
  CHECK_FALSE(check_published_topic("watcher.web.spawn"));
  CHECK_FALSE(check_published_topic("arbiter.mark"));
  CHECK_FALSE(check_published_topic(""));
  CHECK_FALSE(check_published_topic("a\nb"));
  CHECK_FALSE(check_published_topic(std::string_view("a\0b", 3)));
  CHECK_FALSE(check_published_topic(std::string(256, 'a')));
  CHECK(check_published_topic(std::string(255, 'a')));
}

TEST_CASE("each kind of error has one of Circus's numbers") {
  CHECK(wire_errno(Code::invalid_json) == 1);
  CHECK(wire_errno(Code::unknown_command) == 2);
  CHECK(wire_errno(Code::invalid) == 3);
  CHECK(wire_errno(Code::not_found) == 3);
  CHECK(wire_errno(Code::system) == 4);
  CHECK(wire_errno(Code::refused) == 5);
  CHECK(wire_errno(Code::failed) == 6);
  CHECK(errors().size() == 6);
}
