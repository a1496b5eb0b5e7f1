#include "daemon/core/stream/rotation.h"

#include <doctest/doctest.h>

using namespace troupe;
using namespace troupe::core;
using conf::RotateWhen;
using Names = std::vector<std::string>;

namespace {

constexpr std::int64_t sunday = 1795305600;  // 2026-11-22 00:00:00 UTC
constexpr std::int64_t hour = 3600, day = 86400;

const UtcOffset utc([](void*, std::int64_t) { return 0L; }, nullptr);
const UtcOffset berlin(
    [](void*, std::int64_t at) {
      // Summer time of 2026: from March 29, 01:00 UTC, to October 25, 01:00 UTC.
      return at >= 1774746000 && at < 1792890000 ? 7200L : 3600L;
    },
    nullptr);

conf::StreamSettings every(RotateWhen when, int interval = 1) {
  conf::StreamSettings settings;
  settings.kind = conf::StreamClass::timed_rotating_file;
  settings.rotate_when = when;
  settings.rotate_interval = interval;
  return settings;
}

}  // namespace

TEST_CASE("units count from when the file was begun") {
  CHECK(next_rotation(every(RotateWhen::second, 5), sunday + 7, utc) == sunday + 12);
  CHECK(next_rotation(every(RotateWhen::minute), sunday + 7, utc) == sunday + 67);
  CHECK(next_rotation(every(RotateWhen::hour, 2), sunday, berlin) == sunday + 2 * hour);
  CHECK(next_rotation(every(RotateWhen::day), sunday + 5, utc) == sunday + 5 + day);
}

TEST_CASE("midnight is the next local one, or that of UTC when asked for") {
  CHECK(next_rotation(every(RotateWhen::midnight), sunday, utc) == sunday + day);
  CHECK(next_rotation(every(RotateWhen::midnight), sunday + 5, utc) == sunday + day);
  CHECK(next_rotation(every(RotateWhen::midnight), sunday, berlin) == sunday + 23 * hour);
  CHECK(next_rotation(every(RotateWhen::midnight), sunday + 23 * hour, berlin) == sunday + 47 * hour);
  auto settings = every(RotateWhen::midnight);
  settings.utc = true;
  CHECK(next_rotation(settings, sunday, berlin) == sunday + day);
}

TEST_CASE("a day of the week ends at its midnight") {
  CHECK(next_rotation(every(RotateWhen::w6), sunday + hour, utc) == sunday + day);
  CHECK(next_rotation(every(RotateWhen::w0), sunday + hour, utc) == sunday + 2 * day);
  CHECK(next_rotation(every(RotateWhen::w5), sunday + hour, utc) == sunday + 7 * day);
}

TEST_CASE("a day on which summer time ends has its midnight an hour later") {
  const std::int64_t begin = 1792879200;  // 2026-10-25 00:00 in Berlin
  const auto settings = every(RotateWhen::midnight);
  CHECK(next_rotation(settings, begin, berlin) == begin + 25 * hour);
  CHECK(timed_name(settings, "x", begin + 25 * hour, berlin) == "x.20261025");
}

TEST_CASE("names have the start of the interval, as precise as the unit") {
  CHECK(timed_name(every(RotateWhen::second), "/l/x", sunday + 5, utc) == "/l/x.20261122000004");
  CHECK(timed_name(every(RotateWhen::minute), "x", sunday + 3661, utc) == "x.202611220100");
  CHECK(timed_name(every(RotateWhen::hour), "x", sunday, utc) == "x.2026112123");
  CHECK(timed_name(every(RotateWhen::hour), "x", sunday, berlin) == "x.2026112200");
  CHECK(timed_name(every(RotateWhen::midnight), "x", sunday, utc) == "x.20261121");
  CHECK(timed_name(every(RotateWhen::w5), "x", sunday, utc) == "x.20261115");
  CHECK(timed_name(every(RotateWhen::day), "x", 951868800, utc) == "x.20000229");
}

TEST_CASE("of the rotated files the oldest are too many, and other files are none of them") {
  const Names names = {"x.20261123", "x",   "x.20261121.gz", "x.20261122", "x.20261122-2",
                       "x.old",      "x.1", "x.2026112a",    "y.20261101", "x.20261122.gz.part"};
  CHECK(surplus_timed("x", names, 2) == Names{"x.20261121.gz", "x.20261122"});
  CHECK(surplus_timed("x", names, 4).empty());
  CHECK(surplus_timed("x", names, 0).empty());
}

TEST_CASE("of several rotated files of one interval the first is the oldest, and -10 comes after -9") {
  const Names names = {"x.20261122-10", "x.20261122-2.gz", "x.20261122.gz", "x.20261122-9", "x.2026112210"};
  CHECK(surplus_timed("x", names, 1) ==
        Names{"x.20261122.gz", "x.20261122-2.gz", "x.20261122-9", "x.20261122-10"});
  CHECK(surplus_timed("x", {"x.20261122-99999999999999999999", "x.20261122-", "x.20261123"}, 1).empty());
}

TEST_CASE("numbered names end with the number") {
  CHECK(numbered_name("/l/x", 12) == "/l/x.12");
}
