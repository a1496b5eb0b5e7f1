#include "daemon/core/event_ring.h"

#include <doctest/doctest.h>

using namespace troupe::core;

namespace {

EventRing filled(std::size_t events, std::size_t bytes = 1 << 30) {
  EventRing ring(bytes);
  for (std::size_t i = 1; i <= events; ++i)
    ring.push(ring.next_seq(), i % 10 == 0 ? "watcher.tenth.reap" : "watcher.web.reap", "{}");
  return ring;
}

constexpr std::size_t plenty = 1 << 20;

}  // namespace

TEST_CASE("a page has the events after a number, in order, up to its limit") {
  const EventRing ring = filled(30);
  const auto page = ring.after(10, 5, "", plenty);
  REQUIRE(page.events.size() == 5);
  CHECK(page.events.front()->seq == 11);
  CHECK(page.events.back()->seq == 15);
  CHECK(page.next == 15);
  CHECK(ring.after(30, 5, "", plenty).events.empty());
  CHECK(ring.after(99, 5, "", plenty).next == 30);
}

TEST_CASE("a page of a topic leaves the others out and says how far it looked") {
  const auto page = filled(35).after(0, 1000, "watcher.tenth.", plenty);
  CHECK(page.events.size() == 3);
  CHECK(page.next == 35);
}

TEST_CASE("a page ends soon after its bytes are reached") {
  CHECK(filled(30).after(0, 1000, "", 7).events.size() == 4);
}

TEST_CASE("a topic that nothing has makes nobody wait for a look at the whole ring") {
  const EventRing ring = filled(2 * EventRing::most_looked_at + 5);
  auto page = ring.after(0, 1000, "nobody.", plenty);
  CHECK(page.events.empty());
  CHECK(page.next == EventRing::most_looked_at);
  page = ring.after(page.next, 1000, "nobody.", plenty);
  page = ring.after(page.next, 1000, "nobody.", plenty);
  CHECK(page.next == ring.last());
}

TEST_CASE("a full ring drops its oldest events, never the newest") {
  const EventRing ring = filled(100, 500);
  CHECK(ring.last() == 100);
  CHECK(ring.oldest() > 90);
  CHECK(ring.after(0, 1000, "", plenty).events.front()->seq == ring.oldest());
  CHECK(filled(3, 1).oldest() == 3);
}
