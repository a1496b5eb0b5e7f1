#include <cerrno>

#include "tests/unit/core/bench.h"

// Reloads and restarts of several watchers: who waits for whom.

using namespace troupe;
using namespace troupe::core;

namespace {

/// Named in the order of their priorities: the first one starts first.
std::vector<WatcherId> add_three(Bench& bench, const std::vector<std::string>& programs = {"x", "x", "x"},
                                 const std::vector<std::string>& names = {"c", "b", "a"}) {
  std::vector<WatcherId> ids;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto config = Bench::config(names[i], 1, programs[i]);
    config.priority = 10 - 5 * static_cast<int>(i);
    ids.push_back(bench.add_started(config));
  }
  bench.heard();
  return ids;
}

Lines only(const Lines& lines, std::string_view word) {
  Lines result;
  for (const std::string& line : lines) {
    if (line.find(word) != std::string::npos) result.push_back(line);
  }
  return result;
}

}  // namespace

TEST_CASE("a reload of several is one after the other in the order of starts, each to its end") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const auto ids = add_three(bench, {"slow", "slow", "x"});
  const Ticket reload = bench.run_all({ids[2], ids[0], ids[1]}, Kind::reload);
  bench.run_for(4s);
  CHECK(bench.heard() == Lines{"c spawn 104", "c kill 101"});
  bench.run_for(5s);
  CHECK(bench.heard() == Lines{"c reap 101 -15", "c reload", "b spawn 105", "b kill 102"});
  CHECK_FALSE(bench.answered(reload));
  bench.run_for(5s);
  CHECK(bench.heard() ==
        Lines{"b reap 102 -15", "b reload", "a spawn 106", "a kill 103", "a reap 103 -15", "a reload"});
  CHECK(bench.error(reload) == "");
  CHECK(bench.world.settled());
  CHECK(bench.timers().empty());
}

TEST_CASE("the global warmup_delay lies between the reloads of several watchers, and not after the last") {
  Bench bench({.warmup_delay = 2s});
  const auto ids = add_three(bench);
  const Ticket reload = bench.run_all(ids, Kind::reload);
  for (const char* name : {"c", "b", "a"}) {
    bench.run_for(name[0] == 'c' ? 1s : 2s);
    CHECK(only(bench.heard(), " reload") == Lines{std::string(name) + " reload"});
  }
  CHECK(bench.answered(reload));
  CHECK(bench.timers().empty());
}

TEST_CASE("a watcher whose new processes do not start holds up no other reload") {
  Bench bench;
  const auto ids = add_three(bench);
  bench.programs["x"] = {.exec_error = ENOENT};
  auto config = bench.watcher(ids[0]).config();
  config.max_retry = -1;
  bench.world.update(ids[0], config, 0, false, 0, bench.now);
  config = bench.watcher(ids[1]).config();
  config.cmd = "fine";
  bench.world.update(ids[1], config, 0, false, 0, bench.now);
  bench.run_all({ids[0], ids[1]}, Kind::reload);
  bench.run_for(1s);
  CHECK(only(bench.heard(), " reload") == Lines{"b reload"});
}

TEST_CASE("a watcher that is stopped or removed before its turn in the reload of all is left as it is then") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const auto ids = add_three(bench, {"slow", "x", "x"});
  const Ticket reload = bench.run_all(ids, Kind::reload);
  bench.run_for(1s);
  bench.stop(ids[1]);
  bench.remove(ids[2]);
  bench.run_for(60s);
  CHECK(bench.error(reload) == "reload of b was ended by a stop");
  CHECK(bench.pids(ids[1]).empty());
  CHECK(bench.pids(ids[0]).size() == 1);
  CHECK(bench.world.settled());
}

TEST_CASE("a stop of the watcher that a joint reload is at lets the next one begin") {
  Bench bench;
  bench.programs["slow"] = {.exec_takes = 50s};
  const auto ids = add_three(bench, {"slow", "x", "x"});
  const Ticket reload = bench.run_all(ids, Kind::reload);
  bench.run_for(1s);
  bench.stop(ids[0]);
  bench.run_for(1s);
  CHECK(only(bench.heard(), " reload") == Lines{"b reload", "a reload"});
  bench.run_for(60s);
  CHECK(bench.error(reload) == "reload of c was ended by a stop");
}

TEST_CASE("reloads of all that wait are one, and how many wait is bounded") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 5s};
  const auto ids = add_three(bench, {"slow", "slow", "slow"});
  const Ticket first = bench.run_all(ids, Kind::reload);
  const Ticket second = bench.run_all(ids, Kind::reload), third = bench.run_all(ids, Kind::reload);
  bench.run_for(60s);
  CHECK(bench.spawns == 3 + 3 + 3);
  for (const Ticket ticket : {first, second, third}) CHECK(bench.error(ticket) == "");

  for (std::size_t i = 0; i < World::most_reloads; ++i) {
    std::vector<WatcherId> some = i % 2 == 0 ? ids : std::vector<WatcherId>{ids[0], ids[1]};
    CHECK_FALSE(bench.answered(bench.run_all(some, Kind::reload)));
  }
  CHECK(bench.error(bench.run_all(ids, Kind::reload)) ==
        "64 reloads of several watchers wait, and no more may; a stop of these watchers ends them");
  const Ticket stop = bench.run_all(ids, Kind::stop);
  bench.run_for(10s);
  CHECK(bench.answered(stop));
  CHECK(bench.world.settled());
  CHECK(bench.timers().empty());
}

TEST_CASE("a restart of several stops all at once and starts them by priority with warmup_delay between") {
  Bench bench({.warmup_delay = 2s});
  bench.programs["slow"] = {.stop_takes = 1s};
  const auto ids = add_three(bench, {"slow", "x", "x"});
  const Ticket restart = bench.run_all({ids[1], ids[2], ids[0]}, Kind::restart);
  bench.run_for(500ms);
  CHECK(only(bench.heard(), " kill") == Lines{"c kill 101", "b kill 102", "a kill 103"});
  CHECK(bench.alive() == 1);
  bench.run_for(1s);
  CHECK(only(bench.heard(), " spawn") == Lines{"c spawn 104"});
  bench.run_for(2s);
  CHECK(only(bench.heard(), " spawn") == Lines{"b spawn 105"});
  CHECK_FALSE(bench.answered(restart));
  bench.run_for(2s);
  CHECK(only(bench.heard(), " spawn") == Lines{"a spawn 106"});
  CHECK(bench.error(restart) == "");
  CHECK(bench.world.settled());
  CHECK(bench.timers().empty());
}

TEST_CASE("without a warmup_delay a restart of several starts them by priority all the same") {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  const auto ids = add_three(bench, {"slow", "x", "x"});
  const Ticket restart = bench.run_all(ids, Kind::restart);
  bench.run_for(500ms);
  CHECK(only(bench.heard(), " spawn").empty());
  bench.run_for(1s);
  CHECK(only(bench.heard(), " spawn") == Lines{"c spawn 104", "b spawn 105", "a spawn 106"});
  CHECK(bench.error(restart) == "");
  CHECK(bench.timers().empty());
}

TEST_CASE(
    "a restart that waits for its turn holds up no start of others and no operation on its own watcher") {
  Bench bench({.warmup_delay = 1s});
  bench.programs["stubborn"] = {.stop_takes = 20s};
  const auto ids = add_three(bench, {"stubborn", "x", "x"});
  const WatcherId d = bench.add(Bench::config("d")), e = bench.add(Bench::config("e"));
  const Ticket restart = bench.run_all(ids, Kind::restart);
  const Ticket others = bench.run_all({d, e}, Kind::start);
  const Ticket alone = bench.start(ids[1]);
  bench.run_for(3s);
  CHECK(bench.error(others) == "");
  CHECK(bench.error(alone) == "");
  CHECK(bench.pids(ids[2]).empty());
  bench.run_for(60s);
  CHECK(bench.error(restart) == "");
  CHECK(bench.pids(ids[2]).size() == 1);
  CHECK(bench.timers().empty());
}

TEST_CASE("a stop wins over a restart of several that waits, and so does a quit") {
  Bench bench({.warmup_delay = 10s});
  const auto ids = add_three(bench);
  const Ticket restart = bench.run_all(ids, Kind::restart);
  bench.run_for(1s);
  bench.stop(ids[1]);
  CHECK_FALSE(bench.answered(restart));
  const Ticket reload = bench.run_all({ids[0], ids[2]}, Kind::reload);
  const Ticket quit = bench.quit();
  bench.run_for(1s);
  CHECK(bench.error(restart) == "restart of b was ended by a stop");
  CHECK(bench.error(reload) != "no answer");
  CHECK(bench.answered(quit));
  CHECK(bench.left);
  CHECK(bench.timers().empty());
}

TEST_CASE("two restarts of the same watchers both come to their end") {
  Bench bench({.warmup_delay = 1s});
  const auto ids = add_three(bench);
  const Ticket one = bench.run_all(ids, Kind::restart);
  bench.run_for(500ms);
  const Ticket two = bench.run_all({ids[2], ids[1]}, Kind::restart);
  bench.run_for(60s);
  CHECK(bench.error(one) == "");
  CHECK(bench.error(two) == "");
  CHECK(bench.world.settled());
  CHECK(bench.timers().empty());
}
