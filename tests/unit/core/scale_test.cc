#include <algorithm>
#include <ctime>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

namespace {

/// Processor seconds, so that a busy machine does not count.
double seconds_of(void (*work)()) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

/// What it costs with n over what it costs with n / 8: 8 when each input costs the same however many there
/// are.
double growth(void (*small)(), void (*large)()) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) best = std::min(best, seconds_of(large) / std::max(1e-4, seconds_of(small)));
  return best;
}

template <int processes>
void one_watcher() {
  Bench bench;
  const WatcherId web = bench.add(Bench::config("web", processes));
  bench.start(web);
  bench.settle();
  bench.kill(web);
  bench.settle();
  bench.reload(web);
  bench.settle();
  bench.stop(web);
  bench.settle();
  CHECK(bench.spawns == 3 * processes);
  CHECK(bench.reaps == 3 * processes);
  CHECK(bench.timers().empty());
}

template <int watchers>
void many_watchers() {
  Bench bench;
  std::vector<WatcherId> ids;
  for (int i = 0; i < watchers; ++i) ids.push_back(bench.add(Bench::config("w" + std::to_string(i))));
  bench.run_all(ids, Kind::start);
  bench.settle();
  bench.quit();
  bench.settle();
  CHECK(bench.left);
  CHECK(bench.reaps == watchers);
}

template <int processes>
void crashes_that_wait() {
  Bench bench;
  auto config = Bench::config("web", processes);
  config.restart_delay = 10s;
  const WatcherId web = bench.add_started(config);
  for (const int pid : bench.pids(web)) bench.crash(pid, 1);
  bench.settle();
  CHECK(bench.pids(web).empty());
  bench.run_for(10s);
  CHECK(bench.pids(web).size() == processes);
}

template <int watchers>
void removals() {
  Bench bench;
  bench.programs["slow"] = {.stop_takes = 1s};
  std::vector<WatcherId> ids;
  for (int i = 0; i < watchers; ++i)
    ids.push_back(bench.add(Bench::config("w" + std::to_string(i), 1, "slow")));
  bench.run_all(ids, Kind::start);
  bench.settle();
  for (const WatcherId id : ids) bench.remove(id);
  bench.run_for(1s);
  CHECK(bench.world.settled());
}

}  // namespace

// The cost of an input does not grow with the number of slots and watchers. Twice the ideal ratio is allowed:
// maps grow a little, a quadratic step would give 64.

TEST_CASE("5,000 processes cost eight times as much as 625: start, kill of all, reload, stop") {
  CHECK(growth(one_watcher<625>, one_watcher<5000>) < 16);
}

TEST_CASE("4,000 watchers cost eight times as much as 500: start and quit") {
  CHECK(growth(many_watchers<500>, many_watchers<4000>) < 16);
}

TEST_CASE("4,000 processes that wait for their restart_delay cost eight times as much as 500") {
  CHECK(growth(crashes_that_wait<500>, crashes_that_wait<4000>) < 16);
}

TEST_CASE("4,000 removed watchers that are stopping cost eight times as much as 500") {
  CHECK(growth(removals<500>, removals<4000>) < 16);
}
