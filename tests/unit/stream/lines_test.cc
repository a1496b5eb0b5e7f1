#include "daemon/core/stream/lines.h"

#include <doctest/doctest.h>

#include "daemon/core/stream/line_turns.h"
#include "daemon/core/stream/outage.h"

using namespace troupe;
using namespace troupe::core;

TEST_CASE("whole lines may be written, the rest waits for its end") {
  CHECK(writable("one\ntwo\nthr", 0, false, false) == 8);
  CHECK(writable("thr", 0, false, false) == 0);
  CHECK(writable("", 0, false, false) == 0);
  CHECK(writable("three", 3, false, false) == 0);
  CHECK(writable("three\n", 5, false, false) == 6);
}

TEST_CASE("a part of a line is written when nothing more comes or fits") {
  CHECK(writable("thr", 3, false, true) == 3);
  CHECK(writable("thr", 3, true, false) == 3);
  CHECK(writable("one\nthr", 0, true, false) == 4);
  CHECK(writable("one\nthr", 0, false, true) == 7);
}

TEST_CASE("as many whole lines fit into a file as keep it below its bound") {
  CHECK(fitting("12345\n12345\n", 0, 0, false) == 12);
  CHECK(fitting("12345\n12345\n", 0, 13, false) == 12);
  CHECK(fitting("12345\n12345\n", 0, 12, false) == 6);
  CHECK(fitting("12345\n12345\n", 6, 13, false) == 6);
  CHECK(fitting("12345\n12345\n", 7, 13, false) == 0);
  CHECK(fitting("12345\n12345\n", 100, 13, false) == 0);
}

TEST_CASE(
    "a line that is longer than the bound gets a file for itself, and a line that was begun is ended there") {
  CHECK(fitting("1234567890\nx\n", 0, 5, false) == 11);
  CHECK(fitting("1234567890\nx\n", 3, 5, false) == 0);
  CHECK(fitting("1234567890\nx\n", 100, 5, true) == 11);
  CHECK(fitting("1234567890", 100, 5, true) == 10);
}

TEST_CASE("a file goes on at its end, whoever moved that") {
  CHECK(next_offset(100, 100) == 100);
  CHECK(next_offset(100, 0) == 0);
  CHECK(next_offset(100, 250) == 250);
}

TEST_CASE("who has begun a line has the turn until the line ends") {
  LineTurns turns;
  CHECK(turns.may_write(1));
  turns.wrote(1, false);
  CHECK(turns.may_write(1));
  CHECK_FALSE(turns.may_write(2));
  turns.wrote(1, true);
  CHECK(turns.may_write(2));
  CHECK_FALSE(turns.wants_newline());
}

TEST_CASE("who leaves in the middle of a line gives the turn back, and the next one begins on a new line") {
  LineTurns turns;
  turns.wrote(1, false);
  turns.leave(2);
  CHECK_FALSE(turns.may_write(2));
  turns.leave(1);
  CHECK(turns.may_write(2));
  CHECK(turns.wants_newline());
  turns.wrote_newline();
  CHECK_FALSE(turns.wants_newline());
}

TEST_CASE("a turn that others wait for ends after a while") {
  LineTurns turns;
  const Instant start{100s};
  turns.wrote(1, false);
  CHECK(turns.wait(start) == start + LineTurns::patience);
  CHECK(turns.wait(start + 1s) == start + LineTurns::patience);
  CHECK_FALSE(turns.expire(start + 4s));
  CHECK(turns.expire(start + 5s));
  CHECK(turns.may_write(2));
  CHECK(turns.wants_newline());
  CHECK_FALSE(turns.expire(start + 6s));
}

TEST_CASE(
    "output waits for ten seconds, is thrown away after that, and writing is tried again with growing "
    "pauses") {
  Outage outage;
  Instant now{100s};
  CHECK(outage.advice(now) == Outage::Advice::write);
  CHECK(outage.next_try() == never);
  CHECK(outage.failed(28, now));
  CHECK(outage.advice(now) == Outage::Advice::wait);
  int tries = 0;
  while (now < Instant{100s} + Outage::wait_at_most) {
    now = outage.next_try();
    CHECK(outage.advice(now) == Outage::Advice::write);
    CHECK_FALSE(outage.failed(28, now));
    ++tries;
  }
  CHECK(tries == 5);
  CHECK(outage.advice(now) == Outage::Advice::drop);
  outage.drop(1000);
  outage.drop(1);
  for (int i = 0; i < 10; ++i) outage.failed(5, now = outage.next_try());
  CHECK(outage.next_try() == now + Outage::longest_pause);
  const Outage was = outage.over();
  CHECK(was.dropped() == 1001);
  CHECK(was.error() == 5);
  CHECK(was.since() == Instant{100s});
  CHECK_FALSE(outage.lasts());
  CHECK(outage.dropped() == 0);
}
