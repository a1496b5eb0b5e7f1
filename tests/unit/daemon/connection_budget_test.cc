#include "daemon/connection_budget.h"

#include <doctest/doctest.h>

using namespace troupe;

using Turn = Admission::Turn;

TEST_CASE("the reserve is 512 descriptors, or a quarter of a small limit") {
  CHECK(descriptor_reserve(1 << 20) == 512);
  CHECK(descriptor_reserve(2048) == 512);
  CHECK(descriptor_reserve(1024) == 256);
  CHECK(descriptor_reserve(256) == 64);
}

TEST_CASE("connections get max_connections, or half of what reserve and daemon leave") {
  CHECK(connection_budget(1024, 1 << 20) == 1024);
  CHECK(connection_budget(1024, 1024) == (1024 - 256 - 48) / 2);
  CHECK(connection_budget(1024, 256) == (256 - 64 - 48) / 2);
  CHECK(connection_budget(100, 1024) == 100);
}

TEST_CASE("under a tiny limit eight connections are tried all the same, but never more than were asked for") {
  CHECK(connection_budget(1024, 64) == 8);
  CHECK(connection_budget(3, 64) == 3);
  CHECK(connection_budget(3, 1 << 20) == 3);
}

TEST_CASE("the door is shut once at the bound, and opens again when an eighth has left") {
  Admission door(16);
  CHECK(door.on_connections(15) == Turn::stay);
  CHECK(door.on_connections(16) == Turn::shut);
  CHECK(door.is_shut());
  CHECK(door.on_connections(20) == Turn::stay);  // those that came before the door was shut
  CHECK(door.on_connections(15) == Turn::stay);
  CHECK(door.on_connections(14) == Turn::stay);
  CHECK(door.on_connections(13) == Turn::open);
  CHECK(door.on_connections(12) == Turn::stay);
  CHECK(door.on_connections(17) == Turn::shut);
}

TEST_CASE("with a bound below eight one that leaves makes room") {
  Admission door(1);
  CHECK(door.on_connections(1) == Turn::shut);
  CHECK(door.on_connections(0) == Turn::open);
}
