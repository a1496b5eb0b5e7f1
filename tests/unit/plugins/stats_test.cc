#include <doctest/doctest.h>

#include "lib/json/reader.h"
#include "lib/json/writer.h"
#include "plugins/stats/read_count.h"
#include "plugins/stats/roster.h"
#include "plugins/stats/topics.h"

using namespace troupe;
using namespace troupe::plugins::stats;

namespace {

Value json_of(std::string_view text) {
  const auto value = json::parse(text);
  REQUIRE(value);
  return *value;
}

Roster started() {
  Roster roster("circusd-stats");
  roster.take_snapshot(json_of(R"({"watchers": {
    "Plain One": {"processes": [{"pid": 11}, {"pid": 12}]},
    "circusd-stats": {"processes": [{"pid": 5}]},
    "empty": {"processes": []}}})"));
  return roster;
}

/// "name: pid pid; name: …"
std::string text_of(const Roster& roster) {
  std::string text;
  for (const auto& [topic_name, watcher] : roster.watchers()) {
    text += (text.empty() ? "" : "; ") + watcher.name + ":";
    for (const int pid : watcher.pids) text += " " + std::to_string(pid);
  }
  return text;
}

Value process(int pid) {
  return Value::object().set("process_pid", pid);
}

Value figures(Value cpu, Value mem, Value age) {
  return Value::object().set("cpu", std::move(cpu)).set("mem", std::move(mem)).set("age", std::move(age));
}

}  // namespace

TEST_CASE(
    "a snapshot tells the watchers as `list` names them, and leaves out whose processes are the daemon's "
    "own") {
  CHECK(text_of(started()) == "empty:; plain one: 11 12");
  Roster other("plugin:stats");
  other.take_snapshot(
      json_of(R"({"watchers": {"plugin:stats": {"processes": [{"pid": 5}]}, "plugin:x": {}}})"));
  CHECK(text_of(other) == "plugin:x:");
}

TEST_CASE("processes come with their spawn and go with their reap, not with a kill that they may survive") {
  Roster roster = started();
  roster.on_event("watcher.plain_one.spawn", process(13));
  roster.on_event("watcher.plain_one.kill", process(11));
  roster.on_event("watcher.plain_one.stop", Value::object());
  roster.on_event("watcher.circusd-stats.spawn", process(6));
  CHECK(text_of(roster) == "empty:; plain one: 11 12 13");
  CHECK(roster.take_gone().empty());
  roster.on_event("watcher.plain_one.reap", process(11));
  roster.on_event("watcher.plain_one.reap", process(99));
  CHECK(text_of(roster) == "empty:; plain one: 12 13");
  CHECK(roster.take_gone() == std::vector<int>{11});
  CHECK(roster.take_gone().empty());
}

TEST_CASE("a pid that comes back is that of a new process") {
  Roster roster = started();
  roster.on_event("watcher.empty.spawn", process(11));
  CHECK(text_of(roster) == "empty: 11; plain one: 12");
  CHECK(roster.take_gone() == std::vector<int>{11});
}

TEST_CASE("a watcher comes with add and goes with remove, and its processes with it") {
  Roster roster = started();
  roster.on_event("watcher.web.v2.add", Value::object());
  CHECK_FALSE(roster.wants_names());
  roster.on_event("watcher.web.v2.spawn", process(20));
  roster.on_event("watcher.plain_one.remove", Value::object());
  roster.on_event("watcher.plain_one.reap", process(11));
  CHECK(text_of(roster) == "empty:; web.v2: 20");
  CHECK(roster.take_gone() == std::vector<int>{11, 12});
}

TEST_CASE("the name of a new watcher is asked for when its topic may hide blanks") {
  Roster roster = started();
  roster.on_event("watcher.my_web.add", Value::object());
  CHECK(roster.wants_names());
  CHECK(text_of(roster) == "empty:; my_web:; plain one: 11 12");
  roster.take_names(json_of(R"({"watchers": ["empty", "my web", "plain one"]})"));
  CHECK_FALSE(roster.wants_names());
  CHECK(text_of(roster) == "empty:; my web:; plain one: 11 12");
}

TEST_CASE("a second snapshot takes the place of what was known") {
  Roster roster = started();
  roster.take_snapshot(json_of(R"({"watchers": {"new": {"processes": [{"pid": 12}]}}})"));
  CHECK(text_of(roster) == "new: 12");
  CHECK(roster.take_gone().size() == 2);
}

TEST_CASE("what is no event of a watcher changes nothing") {
  Roster roster = started();
  for (const char* topic :
       {"arbiter.mark", "watcher.", "watcher..spawn", "watcher.spawn", "mine.web.spawn"}) {
    CAPTURE(topic);
    roster.on_event(topic, process(30));
    roster.on_event("watcher.plain_one.spawn", Value::object().set("process_pid", "x"));
    CHECK(text_of(roster) == "empty:; plain one: 11 12");
  }
}

TEST_CASE("of the managed sockets those that the process got are known by their address") {
  const Value snapshot = json_of(R"({"sockets": [
    {"fd": 3, "name": "local", "backlog": 1, "path": "local.sock"},
    {"fd": 4, "name": "web", "backlog": 1, "host": "127.0.0.1", "port": 8888},
    {"fd": 5, "name": "own", "backlog": 1, "host": "127.0.0.1", "port": 8889}]})");
  CHECK(sockets_of(snapshot, 2) == std::vector<ListedSocket>{{3, "local.sock"}, {4, "127.0.0.1:8888"}});
  CHECK(sockets_of(snapshot, 0).empty());
  CHECK(sockets_of(Value::object(), 2).empty());
}

TEST_CASE("a group has the mean of cpu, the sum of memory and the age of its oldest") {
  Totals totals;
  totals.add(16950, figures(1.0, 0.131, 5.0));
  totals.add(16938, figures(0.0, 0.134, 5.2));
  CHECK(json::write(totals.value()) == R"({"pid":[16950,16938],"cpu":0.5,"mem":0.265,"age":5.2})");
}

TEST_CASE("a group with an unknown figure has none there, and one without processes is empty") {
  Totals totals;
  totals.add(1, figures(1.0, 0.1, 5.0));
  totals.add(2, figures("N/A", "N/A", 7.0));
  CHECK(json::write(totals.value()) == R"({"pid":[1,2],"cpu":"N/A","mem":"N/A","age":7.0})");
  CHECK(json::write(Totals().value()) == R"({"pid":[],"cpu":0.0,"mem":0,"age":"N/A"})");
}

TEST_CASE("topics keep the blanks and dots of names") {
  CHECK(topic_of("busy one", 16946) == "stat.busy one.16946");
  CHECK(topic_of("dotted.name") == "stat.dotted.name");
}

TEST_CASE("somebody listens as long as one prefix may want a topic of ours") {
  Audience audience;
  CHECK_FALSE(audience.is_there());
  audience.on_message(std::string("\1watcher.", 9));
  CHECK_FALSE(audience.is_there());
  audience.on_message(std::string("\1stat.web", 9));
  CHECK(audience.is_there());
  audience.on_message(std::string("\1", 1));
  audience.on_message(std::string("\0stat.web", 9));
  CHECK(audience.is_there());
  audience.on_message(std::string("\0", 1));
  CHECK_FALSE(audience.is_there());
  audience.on_message("");
}

namespace {

constexpr Instant t0{std::chrono::hours(1)};

ReadCount begun() {
  ReadCount count;
  CHECK(count.take(t0, false) == 0);
  count.on_look(t0);
  return count;
}

}  // namespace

TEST_CASE("an idle socket counts nothing, and each arrival that is taken at once counts one") {
  ReadCount count = begun();
  CHECK(count.take(t0 + 1s, false) == 0);
  for (int i = 1; i <= 3; ++i) {
    const Instant arrival = t0 + 1s + i * 100ms;
    CHECK(count.on_readable(arrival) == ReadCount::slot);
    count.on_look(arrival + ReadCount::slot);
  }
  CHECK(count.take(t0 + 2s, false) == 3);
  CHECK(count.take(t0 + 3s, false) == 0);
}

TEST_CASE("what nobody takes counts a hundred a second, and is looked at less and less often") {
  ReadCount count = begun();
  Instant now = t0 + 200ms;
  Instant tick = t0 + 1s;
  int looks = 0;
  for (int second = 0; second < 20; ++second, tick += 1s) {
    while (now < tick) {
      const Duration pause = count.on_readable(now);
      ++looks;
      now += pause;
      count.on_look(now);
    }
    CAPTURE(second);
    const int reads = count.take(tick, true);
    CHECK(reads >= (second == 0 ? 79 : 99));
    CHECK(reads <= (second == 0 ? 82 : 101));
  }
  CHECK(looks < 30);
}

TEST_CASE("after a jam that is over, arrivals count one each again") {
  ReadCount count = begun();
  Instant now = t0;
  for (int i = 0; i < 8; ++i) {
    now += count.on_readable(now);
    count.on_look(now);
  }
  (void)count.take(now, false);
  CHECK(count.on_readable(now + 300ms) == ReadCount::slot);
  CHECK(count.take(now + 400ms, false) == 1);
}
