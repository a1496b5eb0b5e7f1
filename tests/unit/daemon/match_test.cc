#include "daemon/command/match.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace troupe;
using namespace troupe::command;

namespace {

/// The true one, or one that goes on by `step` whenever it is looked at.
struct TestClock final : Clock {
  Duration step{};
  mutable Instant at{};
  Instant now() const override { return step == Duration{} ? std::chrono::steady_clock::now() : at += step; }
  double wall(Instant) const override { return 0; }
  Instant monotonic(double) const override { return {}; }
};

core::World world_of(const std::vector<std::string>& names) {
  core::World world{core::World::Settings{}};
  for (const std::string& name : names) {
    conf::WatcherConfig config;
    config.name = name;
    config.cmd = "true";
    REQUIRE(world.add(std::move(config), false, Instant{}));
  }
  return world;
}

std::string matches(const core::World& world, std::string_view pattern, std::string_view method = "regex") {
  const TestClock clock;
  const auto found = match_watchers(world, pattern, method, clock);
  if (!found) return "error: " + found.error().text;
  std::string names;
  for (const core::Watcher* watcher : *found) names += (names.empty() ? "" : " ") + watcher->name();
  return names;
}

}  // namespace

TEST_CASE("a regex is anchored at its start and case does not count") {
  const core::World world = world_of({"Web-1", "web-22", "db", "x y"});
  CHECK(matches(world, "WEB") == "Web-1 web-22");
  CHECK(matches(world, "web-\\d{2}$") == "web-22");
  CHECK(matches(world, "eb") == "error: program eb not found");
  CHECK(matches(world, "(web|d)b?-?1?$") == "db Web-1");
  CHECK(matches(world, "\\S+$") == "db Web-1 web-22");
  CHECK(matches(world, "x\\sY") == "x y");
}

TEST_CASE("glob and simple know other rules, and an unknown method is an error") {
  const core::World world = world_of({"Web-1", "web-22", "plain one"});
  CHECK(matches(world, "web-*", "glob") == "Web-1 web-22");
  CHECK(matches(world, "plain_one", "glob") == "plain one");
  CHECK(matches(world, "web-1", "simple") == "Web-1");
  CHECK(matches(world, "web-*", "simple") == "error: program web-* not found");
  CHECK(matches(world, "web", "fuzzy") == "error: unknown match method fuzzy");
}

TEST_CASE("a broken regex is an error and nothing else") {
  const core::World world = world_of({"web"});
  for (const char* pattern : {"(", "[", "a{2", "*", "a{3,2}", "\\1", "(a)\\1", "[z-a]"}) {
    CAPTURE(pattern);
    CHECK(matches(world, pattern).starts_with("error: "));
  }
}

TEST_CASE("a regex or glob that would cost too much is refused") {
  const core::World world = world_of({"web"});
  CHECK(matches(world, "(.?){15500}") == "error: the repeats of the regex are too large");
  CHECK(matches(world, "((.?){64}){64}") == "error: the repeats of the regex are too large");
  CHECK(matches(world, "(.?){99999999999999999999999}") == "error: the repeats of the regex are too large");
  CHECK(matches(world, "(.?){1,9999}") == "error: the repeats of the regex are too large");
  CHECK(matches(world, "(.?){9999,}") == "error: the repeats of the regex are too large");
  CHECK(matches(world, "*" + std::string(512, '['), "glob") == "error: the pattern is longer than 512 bytes");
  CHECK(matches(world, std::string(513, 'a')) == "error: the regex is longer than 512 bytes");
  CHECK(matches(world, "(?=.*b)w") == "error: a regex with a lookahead is not taken");
  CHECK(matches(world, "w\\{9999}") == "error: program w\\{9999} not found");
  CHECK(matches(world, "we{1,1}b") == "web");
}

TEST_CASE("the worst regex over a thousand long names is over soon, and refused if it is not") {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back(std::string(250, 'a') + std::to_string(i));
  const core::World world = world_of(names);
  std::string options, stars, classes, alternatives;
  while (options.size() + 4 < 512) options += "a?a*";
  while (stars.size() + 5 < 512) stars += "(a*)*";
  while (classes.size() + 8 < 512) classes += "[\\w\\s]?";
  while (alternatives.size() + 8 < 512) alternatives += "|a*";
  for (const std::string& pattern :
       {options + "b", stars + "b", classes + "b", "(" + alternatives + ")*b", std::string("(.*.*){150}b"),
        std::string("((((((.*)*)*)*)*)*)*b"), std::string("(([^b]?){10}){10}b"),
        std::string(255, '(') + std::string(255, ')')}) {
    CAPTURE(pattern);
    const auto begin = std::chrono::steady_clock::now();
    matches(world, pattern);
    const Duration took = std::chrono::steady_clock::now() - begin;
    CHECK(took < 1s);  // without bounds: minutes
  }
}

TEST_CASE("a regex that has taken too long is given up, by the time that is handed in") {
  const core::World world = world_of({"a", "b"});
  TestClock clock;
  clock.step = 1s;
  const auto found = match_watchers(world, ".", "regex", clock);
  REQUIRE_FALSE(found);
  CHECK(found.error().text == "the regex takes too long for so many watchers");
}
