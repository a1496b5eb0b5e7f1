#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "daemon/alarm_clock.h"
#include "daemon/alarm_queue.h"
#include "lib/loop/loop.h"

using namespace troupe;

namespace {

core::TimerKey key(std::uint64_t id) {
  return {core::TimerKey::Kind::slot, id};
}

const Instant begin = Instant{} + 100s;

}  // namespace

TEST_CASE("alarms come in the order of their times, whatever order they were set in") {
  AlarmQueue queue;
  queue.set(key(1), begin + 3s);
  queue.set(key(2), begin + 1s);
  queue.set(key(3), begin + 2s);
  CHECK(queue.next() == begin + 1s);
  CHECK_FALSE(queue.take_due(begin + 999ms));
  CHECK(queue.take_due(begin + 2s) == key(2));
  CHECK(queue.take_due(begin + 2s) == key(3));
  CHECK_FALSE(queue.take_due(begin + 2s));
  CHECK(queue.next() == begin + 3s);
}

TEST_CASE("a key has one time: a later call moves it, and never takes it away") {
  AlarmQueue queue;
  queue.set(key(1), begin + 1s);
  queue.set(key(1), begin + 5s);
  CHECK(queue.size() == 1);
  CHECK_FALSE(queue.take_due(begin + 4s));
  queue.set(key(1), begin + 2s);
  CHECK(queue.next() == begin + 2s);
  queue.set(key(1), core::never);
  queue.set(key(2), core::never);
  CHECK(queue.size() == 0);
  CHECK(queue.next() == core::never);
  CHECK_FALSE(queue.take_due(core::never));
}

TEST_CASE("two keys at the same time both ring") {
  AlarmQueue queue;
  queue.set(key(1), begin);
  queue.set(key(2), begin);
  CHECK(queue.take_due(begin) == key(1));
  CHECK(queue.take_due(begin) == key(2));
}

namespace {

/// Rings on a real loop until as many have rung as there are to ring.
struct Ringing {
  loop::Loop loop;
  AlarmClock clock{loop, AlarmClock::OnAlarm::to<&Ringing::on_alarm>(*this)};
  std::vector<std::uint64_t> rung;
  std::vector<Duration> early;
  std::map<std::uint64_t, Instant> times;
  std::size_t expected = 0;

  void set(std::uint64_t id, Duration in) {
    times[id] = clock.now() + in;
    clock.set(key(id), times[id]);
  }
  void on_alarm(const core::TimerKey& rings) {
    rung.push_back(rings.id);
    if (clock.now() < times[rings.id]) early.push_back(times[rings.id] - clock.now());
    if (rings.id == 1) set(4, 0s);  // asked for within an alarm, and due at once
    if (rung.size() == expected) loop.stop();
  }
};

}  // namespace

TEST_CASE("the clock rings each alarm once, in order, never early, also those that are set by an alarm") {
  Ringing ringing;
  ringing.expected = 4;
  ringing.set(3, 30ms);
  ringing.set(1, 1ms);
  ringing.set(2, 10ms);
  ringing.set(5, 5ms);
  ringing.clock.set(key(5), core::never);
  ringing.loop.run();
  // On a busy machine others may have become due meanwhile: when 4 rings is not certain, but that it comes
  // after 1.
  const auto four = std::find(ringing.rung.begin(), ringing.rung.end(), 4u);
  REQUIRE(four != ringing.rung.end());
  CHECK(four != ringing.rung.begin());
  ringing.rung.erase(four);
  CHECK(ringing.rung == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(ringing.early.empty());
}

TEST_CASE("wall time and back is the same instant, and what is out of all bounds is never") {
  Ringing ringing;
  const AlarmClock& clock = ringing.clock;
  const Instant there = clock.now() + 1000s;
  CHECK(std::chrono::abs(clock.monotonic(clock.wall(there)) - there) < 5ms);
  CHECK(clock.wall(there) - clock.wall(there - 10s) == doctest::Approx(10).epsilon(0.001));
  CHECK(clock.monotonic(1e18) == core::never);
  CHECK(clock.monotonic(-1e18) < clock.now());
  CHECK(clock.monotonic(0) < clock.now());
}
