#include "lib/api/event_cursor.h"

#include <doctest/doctest.h>

using namespace troupe;
using api::Event;
using api::EventCursor;

namespace {

Value payload(std::int64_t seq, const char* boot = "b1") {
  return Value::object().set("time", 1.5).set("seq", seq).set("boot", boot);
}

/// The answer of a ring that holds first..last.
Value answer(std::int64_t first, std::int64_t last, std::int64_t newest, const char* boot = "b1") {
  Value events = Value::array();
  for (std::int64_t seq = first; seq <= last; ++seq) {
    Value event = Value::object().set("topic", "watcher.web.spawn");
    const Value data = payload(seq, boot);
    for (const Member& member : *data.as_object()) event.set(member.key, member.value);
    events.push(event);
  }
  return Value::object()
      .set("status", "ok")
      .set("events", events)
      .set("next", last)
      .set("last", newest)
      .set("boot", boot);
}

Value gone() {
  return Value::object().set("status", "error").set("reason", "events 1..9 are gone").set("errno", 3);
}

std::vector<std::int64_t> seqs(const std::vector<Event>& events) {
  std::vector<std::int64_t> out;
  for (const Event& event : events) out.push_back(*event.data.find("seq")->as_int());
  return out;
}

using Seqs = std::vector<std::int64_t>;

Seqs hear(EventCursor& cursor, std::int64_t seq, const char* boot = "b1") {
  return seqs(cursor.on_message("watcher.web.reap", payload(seq, boot)));
}

}  // namespace

TEST_CASE("a cursor that knows nothing starts with the first event it hears") {
  EventCursor cursor;
  CHECK(hear(cursor, 41) == Seqs{41});
  CHECK(hear(cursor, 42) == Seqs{42});
  CHECK_FALSE(cursor.question());
  CHECK(cursor.position() == 42);
}

TEST_CASE("a mark heard first sets the position and is not delivered") {
  EventCursor cursor;
  CHECK(cursor.on_message("arbiter.mark", payload(7)).empty());
  CHECK(cursor.position() == 7);
  CHECK_FALSE(cursor.question());
  CHECK(hear(cursor, 8) == Seqs{8});
}

TEST_CASE("events after a gap wait for the answer and come out once and in order") {
  EventCursor cursor;
  hear(cursor, 1);
  CHECK(hear(cursor, 4).empty());
  const auto question = cursor.question();
  REQUIRE(question);
  CHECK(*question->find("since")->as_int() == 1);
  CHECK(*question->find("boot")->as_text() == "b1");
  CHECK_FALSE(cursor.question());
  CHECK(hear(cursor, 5).empty());
  CHECK(hear(cursor, 6).empty());
  CHECK(seqs(cursor.on_reply(answer(2, 5, 5))) == Seqs{2, 3, 4, 5, 6});
  CHECK_FALSE(cursor.question());
  CHECK_FALSE(cursor.take_loss());
}

TEST_CASE("an event of the answer looks like one of the bus") {
  EventCursor cursor = EventCursor::after(0);
  REQUIRE(cursor.question());
  const auto events = cursor.on_reply(answer(1, 1, 1));
  REQUIRE(events.size() == 1);
  CHECK(events.front() == Event{"watcher.web.spawn", payload(1)});
}

TEST_CASE("the end of a burst that was lost is noticed by the mark") {
  EventCursor cursor;
  hear(cursor, 10);
  CHECK(cursor.on_message("arbiter.mark", payload(12)).empty());
  REQUIRE(cursor.question());
  CHECK(seqs(cursor.on_reply(answer(11, 12, 12))) == Seqs{11, 12});
}

TEST_CASE("a mark that comes while a question is out is not forgotten") {
  EventCursor cursor;
  hear(cursor, 1);
  hear(cursor, 3);
  REQUIRE(cursor.question());
  cursor.on_message("arbiter.mark", payload(9));
  CHECK(seqs(cursor.on_reply(answer(2, 3, 3))) == Seqs{2, 3});
  const auto next = cursor.question();
  REQUIRE(next);
  CHECK(*next->find("since")->as_int() == 3);
}

TEST_CASE("an event that was delivered already is dropped") {
  EventCursor cursor;
  hear(cursor, 5);
  CHECK(hear(cursor, 5).empty());
  CHECK(hear(cursor, 3).empty());
  CHECK_FALSE(cursor.question());
}

TEST_CASE("a long gap is asked for page by page") {
  EventCursor cursor;
  hear(cursor, 1);
  cursor.on_message("arbiter.mark", payload(2500));
  REQUIRE(cursor.question());
  CHECK(cursor.on_reply(answer(2, 1001, 2500)).size() == 1000);
  const auto second = cursor.question();
  REQUIRE(second);
  CHECK(*second->find("since")->as_int() == 1001);
  cursor.on_reply(answer(1002, 2001, 2500));
  REQUIRE(cursor.question());
  cursor.on_reply(answer(2002, 2500, 2500));
  CHECK_FALSE(cursor.question());
  CHECK(cursor.position() == 2500);
}

TEST_CASE("events that the ring has dropped are told as a loss and the rest is delivered") {
  EventCursor cursor;
  hear(cursor, 1);
  cursor.on_message("arbiter.mark", payload(20));
  REQUIRE(cursor.question());
  CHECK(cursor.on_reply(gone()).empty());
  const auto from_oldest = cursor.question();
  REQUIRE(from_oldest);
  CHECK_FALSE(from_oldest->find("since"));
  CHECK(seqs(cursor.on_reply(answer(18, 20, 20))) == Seqs{18, 19, 20});
  CHECK(cursor.take_loss() == EventCursor::Loss{2, 17});
  CHECK_FALSE(cursor.take_loss());
  CHECK_FALSE(cursor.question());
}

TEST_CASE("a daemon that always refuses is not asked for ever, and what comes is handed out again") {
  EventCursor cursor = EventCursor::from_oldest();
  REQUIRE(cursor.question());
  cursor.on_reply(gone());
  CHECK_FALSE(cursor.take_refusal());
  REQUIRE(cursor.question());
  CHECK(cursor.on_reply(gone()).empty());
  CHECK(cursor.take_refusal());
  CHECK_FALSE(cursor.take_refusal());
  CHECK_FALSE(cursor.question());
  CHECK(hear(cursor, 7) == Seqs{7});
  CHECK_FALSE(cursor.question());
}

TEST_CASE("when a gap is given up, what was held back comes out and the rest is a loss") {
  EventCursor cursor;
  hear(cursor, 1);
  CHECK(hear(cursor, 5).empty());
  CHECK(hear(cursor, 6).empty());
  cursor.on_message("arbiter.mark", payload(8));
  REQUIRE(cursor.question());
  CHECK(cursor.on_reply(gone()).empty());
  REQUIRE(cursor.question());
  CHECK(seqs(cursor.on_reply(gone())) == Seqs{5, 6});
  CHECK(cursor.take_refusal());
  CHECK(cursor.take_loss() == EventCursor::Loss{2, 8});
  CHECK_FALSE(cursor.question());
  CHECK(hear(cursor, 9) == Seqs{9});
  CHECK(hear(cursor, 11).empty());  // the next gap is asked for as ever
  CHECK(cursor.question());
}

TEST_CASE("before an end it is asked whether there is more") {
  EventCursor unknown;
  unknown.want_rest();
  CHECK_FALSE(unknown.question());

  EventCursor cursor;
  hear(cursor, 4);
  CHECK_FALSE(cursor.question());
  cursor.want_rest();
  const auto question = cursor.question();
  REQUIRE(question);
  CHECK(*question->find("since")->as_int() == 4);
  CHECK(seqs(cursor.on_reply(answer(5, 7, 7))) == Seqs{5, 6, 7});
  CHECK_FALSE(cursor.question());
}

TEST_CASE("an answer that gives nothing where something should be does not loop") {
  EventCursor cursor;
  hear(cursor, 1);
  cursor.on_message("arbiter.mark", payload(9));
  REQUIRE(cursor.question());
  CHECK(cursor.on_reply(answer(1, 0, 9)).empty());
  CHECK(cursor.take_loss() == EventCursor::Loss{2, 9});
  CHECK_FALSE(cursor.question());
}

TEST_CASE("of another boot everything from its first event on is wanted") {
  EventCursor cursor;
  hear(cursor, 500, "b1");
  CHECK(hear(cursor, 3, "b2").empty());
  const auto question = cursor.question();
  REQUIRE(question);
  CHECK(*question->find("since")->as_int() == 0);
  CHECK(*question->find("boot")->as_text() == "b2");
  CHECK(seqs(cursor.on_reply(answer(1, 3, 3, "b2"))) == Seqs{1, 2, 3});
}

TEST_CASE("a question about a boot that is over ends with the events of the new one") {
  EventCursor cursor;
  hear(cursor, 5, "b1");
  cursor.on_message("arbiter.mark", payload(6, "b1"));
  REQUIRE(cursor.question());
  cursor.on_reply(gone());
  REQUIRE(cursor.question());
  CHECK(seqs(cursor.on_reply(answer(1, 2, 2, "b2"))) == Seqs{1, 2});
}

TEST_CASE("a question without an answer is asked again") {
  EventCursor cursor = EventCursor::after(3);
  REQUIRE(cursor.question());
  CHECK(cursor.on_no_reply());
  const auto again = cursor.question();
  REQUIRE(again);
  CHECK(*again->find("since")->as_int() == 3);
  CHECK(cursor.on_reply(answer(4, 3, 3)).empty());
  CHECK(hear(cursor, 4) == Seqs{4});
}

TEST_CASE("after an event a mark is due; without one there may be more, and who does not hear asks once") {
  EventCursor cursor;
  CHECK_FALSE(cursor.awaits_mark());
  hear(cursor, 5);
  CHECK(cursor.awaits_mark());
  cursor.on_message("arbiter.mark", payload(5));
  CHECK_FALSE(cursor.awaits_mark());
  hear(cursor, 6);
  cursor.want_rest();
  CHECK_FALSE(cursor.awaits_mark());
  REQUIRE(cursor.question());
  CHECK_FALSE(cursor.on_no_reply());
  CHECK_FALSE(cursor.question());
  cursor.want_rest();
  REQUIRE(cursor.question());
  CHECK(seqs(cursor.on_reply(answer(7, 8, 8))) == Seqs{7, 8});
  CHECK_FALSE(cursor.awaits_mark());
  CHECK_FALSE(cursor.question());
}

TEST_CASE("events of a plain Circus, which have no seq, pass through") {
  EventCursor cursor;
  CHECK(cursor.on_message("watcher.web.stop", Value::object().set("time", 1.0)).size() == 1);
  CHECK_FALSE(cursor.question());
}

TEST_CASE("an answer of the wrong shape is survived") {
  EventCursor cursor = EventCursor::after(0);
  REQUIRE(cursor.question());
  CHECK(cursor.on_reply(Value("nonsense")).empty());
  REQUIRE(cursor.question());
  Value events = Value::array();
  events.push(7).push(Value::object().set("seq", 1)).push(Value::object().set("seq", "x").set("topic", "t"));
  CHECK(cursor.on_reply(Value::object().set("status", "ok").set("events", events)).empty());
  CHECK_FALSE(cursor.question());
}
