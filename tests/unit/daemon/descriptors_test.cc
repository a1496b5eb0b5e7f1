#include "daemon/descriptors.h"

#include <doctest/doctest.h>

using namespace troupe;

using Turn = Admission::Turn;

TEST_CASE("clients and moments have 512 descriptors for themselves, or a quarter of a small limit") {
  CHECK(Descriptors::within(1 << 20).lasting == (1 << 20) - 512);
  CHECK(Descriptors::within(2048).lasting == 2048 - 512);
  CHECK(Descriptors::within(1024).lasting == 768);
  CHECK(Descriptors::within(256).lasting == 192);
}

TEST_CASE("of these the last ones are for what is open for a moment, and half of the others for newcomers") {
  const Descriptors many = Descriptors::within(4096);
  CHECK(many.clients == 4096 - 32);
  CHECK(many.door == 3584 + 240);
  const Descriptors few = Descriptors::within(256);
  CHECK(few.clients == 224);
  CHECK(few.door == 208);
}

TEST_CASE("there is room for everybody, also under the smallest limit") {
  for (const long limit : {Descriptors::least, 65L, 100L, 256L, 1024L, 1L << 20}) {
    const Descriptors bounds = Descriptors::within(limit);
    CHECK(0 < bounds.lasting);
    CHECK(bounds.lasting < bounds.door);
    CHECK(bounds.door < bounds.clients);
    CHECK(bounds.clients + 8 <= bounds.limit);
    CHECK(bounds.connections(1024) >= 8);
  }
}

TEST_CASE("connections get max_connections, or half of what the daemon leaves") {
  CHECK(Descriptors::within(1 << 20).connections(1024) == 1024);
  CHECK(Descriptors::within(1024).connections(1024) == (1024 - 32 - 32) / 2);
  CHECK(Descriptors::within(256).connections(1024) == (224 - 32) / 2);
  CHECK(Descriptors::within(256).connections(3) == 3);
}

TEST_CASE("what is missing is told with the limit") {
  CHECK(Descriptors::within(256).none_left() ==
        "no descriptor is left under the limit of 256; raise it (ulimit -Hn, LimitNOFILE=) or run less");
}

TEST_CASE("the door is shut once at the bound, and opens again when an eighth has left") {
  Admission door(16, {});
  CHECK(door.on_change(15, 40) == Turn::stay);
  CHECK(door.on_change(16, 40) == Turn::shut);
  CHECK(door.is_shut());
  CHECK(door.on_change(20, 40) == Turn::stay);  // those that came before the door was shut
  CHECK(door.on_change(15, 40) == Turn::stay);
  CHECK(door.on_change(14, 40) == Turn::stay);
  CHECK(door.on_change(13, 40) == Turn::open);
  CHECK(door.on_change(12, 40) == Turn::stay);
  CHECK(door.on_change(17, 40) == Turn::shut);
}

TEST_CASE("with a bound below eight one that leaves makes room") {
  Admission door(1, {});
  CHECK(door.on_change(1, 40) == Turn::shut);
  CHECK(door.on_change(0, 40) == Turn::open);
}

TEST_CASE("few connections shut the door as well when processes have the descriptors") {
  const Descriptors bounds = Descriptors::within(256);
  Admission door(96, bounds);
  CHECK(door.on_change(5, 207) == Turn::stay);
  CHECK(door.on_change(6, 208) == Turn::shut);
  CHECK(door.on_change(5, 207) == Turn::stay);
  CHECK(door.on_change(5, 199) == Turn::open);  // a process has ended
}

TEST_CASE("to whom nobody is connected the door is open, whatever else is open") {
  const Descriptors bounds = Descriptors::within(256);
  Admission door(96, bounds);
  CHECK(door.on_change(1, 215) == Turn::shut);
  CHECK(door.on_change(0, 214) == Turn::open);
  CHECK(door.on_change(0, 214) == Turn::stay);
}
