#include <cerrno>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

namespace {

using Configs = std::vector<conf::WatcherConfig>;

Value names_of(const Bench& bench, Ticket ticket, const char* kind) {
  const Value result = bench.result(ticket);
  const Value* watchers = result.find("watchers");
  const Value* found = watchers ? watchers->find(kind) : nullptr;
  return found ? *found : Value("nothing");
}

Value list(std::initializer_list<const char*> words) {
  Value value = Value::array();
  for (const char* word : words) value.push(word);
  return value;
}

}  // namespace

TEST_CASE("one of a hundred watchers is changed: the others keep their processes") {
  Bench bench;
  Configs configs;
  std::vector<WatcherId> ids;
  for (int i = 0; i < 100; ++i) {
    configs.push_back(Bench::config("w" + std::to_string(i)));
    ids.push_back(bench.add_started(configs.back()));
  }
  configs[42].cmd = "other";
  const Ticket done = bench.reload_config(configs);
  bench.settle();
  CHECK(bench.heard() ==
        Lines{"w42 updated", "w42 kill 143", "w42 reap 143 -15", "w42 stop", "w42 spawn 201", "w42 start"});
  CHECK(names_of(bench, done, "changed") == Value::object().set("w42", list({"cmd"})));
  CHECK(bench.process(201)->spec.argv.at(0) == "other");
  CHECK(bench.pids(ids[0]) == std::vector{101});
}

TEST_CASE("nothing changed: nothing happens, and who waits hears at once") {
  Bench bench;
  bench.add_started(Bench::config("web", 2));
  const Ticket done = bench.reload_config({Bench::config("web", 2)});
  CHECK(bench.answered(done));
  CHECK(bench.heard().empty());
}

TEST_CASE("a new watcher is started by its autostart, one that is gone is stopped, also one made by add") {
  Bench bench;
  bench.add_started(Bench::config("old"));
  auto idle = Bench::config("idle");
  idle.autostart = false;
  const Ticket done = bench.reload_config({Bench::config("new"), idle});
  bench.settle();
  CHECK(bench.heard() == Lines{"old remove", "old kill 101", "idle add", "new add", "old reap 101 -15",
                               "old stop", "new spawn 102", "new start"});
  CHECK(names_of(bench, done, "added") == list({"idle", "new"}));
  CHECK(names_of(bench, done, "removed") == list({"old"}));
  CHECK_FALSE(bench.find("old"));
  CHECK(bench.find("idle")->state() == State::stopped);
  CHECK(bench.world.settled());
}

TEST_CASE("new watchers start in the order of their priority") {
  Bench bench;
  auto first = Bench::config("z"), second = Bench::config("a");
  first.priority = 9;
  bench.reload_config({second, first});
  bench.settle();
  CHECK(bench.heard() == Lines{"z add", "a add", "z spawn 101", "z start", "a spawn 102", "a start"});
}

TEST_CASE("only another number of processes: the difference is started, and what was set stays") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web", 2));
  auto set = bench.watcher(web).config();
  set.graceful_timeout = 5s;
  bench.world.update(web, set, 1, false, 0, bench.now);
  const Ticket done = bench.reload_config({Bench::config("web", 3)});
  bench.settle();
  CHECK(bench.heard() == Lines{"web updated", "web updated", "web spawn 103"});
  CHECK(names_of(bench, done, "resized") == list({"web"}));
  CHECK(bench.watcher(web).config().graceful_timeout == 5s);
  CHECK(bench.answered(bench.reload_config({Bench::config("web", 3)})));
  CHECK(bench.heard().empty());
}

TEST_CASE("what set can do while processes run is done so") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  auto config = Bench::config("web", 2);
  config.graceful_timeout = 7s;
  bench.reload_config({config});
  bench.settle();
  CHECK(bench.heard() == Lines{"web updated", "web updated", "web spawn 102"});
  CHECK(bench.watcher(web).config().graceful_timeout == 7s);
}

TEST_CASE("a section that changed takes the place of what was set, even if that costs the processes") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  auto set = bench.watcher(web).config();
  set.cmd = "tried";
  bench.world.update(web, set, 0, true, 0, bench.now);
  bench.settle();
  bench.heard();
  auto config = Bench::config("web");
  config.graceful_timeout = 7s;
  bench.reload_config({config});
  bench.settle();
  CHECK(bench.process(bench.pids(web).at(0))->spec.argv.at(0) == "sleeper");
}

TEST_CASE("what was set is no change of the file") {
  Bench bench;
  const WatcherId web = bench.add_started(Bench::config("web"));
  bench.resize(web, 4);
  bench.settle();
  bench.heard();
  CHECK(bench.answered(bench.reload_config({Bench::config("web")})));
  bench.settle();
  CHECK(bench.heard().empty());
}

TEST_CASE("the old processes of a changed watcher are stopped as they were started, and the new ones wait") {
  Bench bench;
  bench.programs["stubborn"] = {.ignores_stop = true};
  auto before = Bench::config("web", 1, "stubborn");
  before.graceful_timeout = 10s;
  const WatcherId web = bench.add_started(before);
  const WatcherId other = bench.add_started(Bench::config("zoo"));
  auto after = Bench::config("web", 1);
  after.graceful_timeout = 1s;
  auto zoo = Bench::config("zoo", 1, "animal");
  const Ticket done = bench.reload_config({after, zoo});
  bench.run_for(9s);
  CHECK(bench.pids(web).empty());
  CHECK(bench.alive() == 2);  // the slow one holds up nobody else
  CHECK(bench.pids(other) == std::vector{103});
  CHECK_FALSE(bench.answered(done));
  bench.run_for(1s);
  CHECK(bench.answered(done));
  CHECK(bench.pids(web) == std::vector{104});
}

TEST_CASE("a stop while a watcher is being replaced: it is stopped, and is what the file says") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  const Ticket done = bench.reload_config({Bench::config("web", 1, "new")});
  bench.stop(web);
  bench.run_for(10s);
  CHECK(bench.error(done) == "web is changed, but the wait for its processes was ended by a stop");
  CHECK(bench.watcher(web).state() == State::stopped);
  CHECK(bench.watcher(web).config().cmd == "new");
  CHECK(bench.world.settled());
}

TEST_CASE("a second change while the first is under way counts last") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const WatcherId web = bench.add_started(Bench::config("web", 1, "slow"));
  bench.reload_config({Bench::config("web", 1, "second")});
  CHECK(bench.answered(bench.reload_config({Bench::config("web", 1, "second")})) == true);
  const Ticket last = bench.reload_config({Bench::config("web", 1, "third")});
  bench.run_until_quiet();
  CHECK(bench.answered(last));
  CHECK(bench.process(bench.pids(web).at(0))->spec.argv.at(0) == "third");
}

TEST_CASE("who was stopped by hand is started by a change, unless autostart is off; who is up stays up") {
  Bench bench;
  const WatcherId by_hand = bench.add(Bench::config("byhand"));
  auto manual = Bench::config("manual"), up = Bench::config("up");
  manual.autostart = up.autostart = false;
  const WatcherId never_up = bench.add(manual);
  const WatcherId stays = bench.add_started(up);
  manual.cmd = up.cmd = "new";
  bench.reload_config({Bench::config("byhand", 1, "new"), manual, up});
  bench.settle();
  CHECK(bench.pids(by_hand).size() == 1);
  CHECK(bench.pids(never_up).empty());
  CHECK(bench.pids(stays).size() == 1);
}

TEST_CASE("a watcher whose start never works gives way to what mends it") {
  Bench bench;
  bench.programs["missing"] = {.exec_error = ENOENT};
  auto config = Bench::config("web", 1, "missing");
  config.max_retry = -1;
  const WatcherId web = bench.add(config);
  bench.start(web);
  bench.run_for(60s);
  config.cmd = "there";
  const Ticket done = bench.reload_config({config});
  bench.settle();
  CHECK(bench.answered(done));
  CHECK(bench.watcher(web).state() == State::active);
}

TEST_CASE("a watcher that ran and has an error now is refused, with file and line") {
  Bench bench;
  bench.add_started(Bench::config("web"));
  auto bad = Bench::config("web");
  bad.error = "no such user 'x'";
  bad.origin = {"a.ini", 7};
  const Ticket done = bench.reload_config({bad});
  CHECK(bench.error(done) == "a.ini:7: web: no such user 'x'");
  CHECK(bench.heard().empty());
}

TEST_CASE("a watcher that could not run is started once it can") {
  Bench bench;
  auto bad = Bench::config("web");
  bad.error = "no such user 'x'";
  const WatcherId web = bench.add(bad);
  CHECK(bench.answered(bench.reload_config({bad})));
  bench.reload_config({Bench::config("web")});
  bench.settle();
  CHECK(bench.pids(web).size() == 1);
}

TEST_CASE("a quit while a configuration is carried out answers everybody") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  bench.add_started(Bench::config("web", 1, "slow"));
  const Ticket done = bench.reload_config({Bench::config("web"), Bench::config("new")});
  const Ticket quit = bench.quit();
  bench.run_until_quiet();
  CHECK(bench.answered(done));
  CHECK(bench.answered(quit));
  CHECK(bench.left);
  CHECK(bench.alive() == 0);
  CHECK(bench.faults == Lines{});
}

TEST_CASE("the plan in words") {
  conf::Plan plan;
  using Change = conf::Change;
  plan.watchers = {{Change::Kind::removed, "a", {}, {}},
                   {Change::Kind::changed, "c", {"cmd", "env.A"}, {"s"}},
                   {Change::Kind::added, "b", {}, {}},
                   {Change::Kind::added, "d", {}, {}}};
  CHECK(summary(plan) == "removed a; added b, d; changed c (cmd, env.A, socket s)");
}

TEST_CASE(
    "a plugin that is about to become a watcher, or the other way round, is stopped by a quit all the same") {
  for (const bool was_plugin : {true, false}) {
    CAPTURE(was_plugin);
    Bench bench;
    auto before = Bench::config("web"), after = Bench::config("web", 1, "other");
    (was_plugin ? before : after).plugin = "web";
    bench.programs["sleeper"].stop_takes = 1s;
    bench.programs["slow"].stop_takes = 5s;
    bench.add_started(before);
    bench.add_started(Bench::config("slow", 1, "slow"));
    bench.reload_config({after, Bench::config("slow", 1, "slow")});
    const Ticket quit = bench.quit();
    bench.run_for(60s);
    CHECK(bench.left);
    CHECK(bench.answered(quit));
    CHECK(bench.alive() == 0);
  }
}
