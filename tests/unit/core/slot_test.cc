#include "daemon/core/slot.h"
#include "tests/unit/core/lines.h"

using namespace troupe;
using namespace troupe::core;

namespace {

const std::string topic = "watcher.web.";
const Instant t0 = Instant{} + 100s;
const StopOrder gentle{SIGTERM, 30s};

/// A slot of id 7 and what it says.
struct Fixture {
  Slot slot{7};
  Effects effects;
  Turn at(Instant now) {
    effects.clear();
    return {now, effects};
  }
  void spawn() {
    slot.queue();
    Turn turn = at(t0);
    slot.spawn(turn, 1, 1, 0, {});
  }
  void run() {
    spawn();
    Turn turn = at(t0);
    slot.on_spawned(turn, topic, 500, t0, 0s);
  }
};

WakeAt wake(Instant at) {
  return {{TimerKey::Kind::slot, 7}, at};
}
Publish event(std::string name, Instant at) {
  return {topic + name, Value::object().set("process_pid", 500), at};
}

Publish spawn_event(Instant at) {
  return {topic + "spawn", Value::object().set("process_pid", 500).set("wid", 1), at};
}

}  // namespace

TEST_CASE("a slot: the spawn event has the time before the clone") {
  Fixture f;
  f.spawn();
  Turn turn = f.at(t0 + 2s);
  f.slot.on_spawned(turn, topic, 500, t0 + 1s, 60s);
  CHECK(f.effects == Effects{spawn_event(t0 + 1s), wake(t0 + 61s)});
}

TEST_CASE(
    "a slot: a stop is the signal and a timer, the timer's end SIGKILL to the tree, the exit the end of "
    "both") {
  Fixture f;
  f.run();
  Turn turn = f.at(t0);
  f.slot.stop(turn, topic, gentle, After::remove);
  CHECK(f.effects == Effects{wake(t0 + 30s), event("kill", t0), Signal{1, 500, SIGTERM}});

  Turn late = f.at(t0 + 30s);
  CHECK(f.slot.on_timer(late, topic) == Slot::Ring::killed);
  CHECK(f.effects == Effects{event("kill", t0 + 30s), Signal{1, 500, SIGKILL, Reach::tree}});

  Turn end = f.at(t0 + 31s);
  f.slot.on_exited(end);
  CHECK(f.effects.empty());
  CHECK(f.slot.state() == Slot::State::gone);
}

TEST_CASE("a slot: an exit in time takes the timer away") {
  Fixture f;
  f.run();
  Turn turn = f.at(t0);
  f.slot.stop(turn, topic, gentle, After::remove);
  Turn end = f.at(t0 + 1s);
  f.slot.on_exited(end);
  CHECK(f.effects == Effects{wake(never)});
}

TEST_CASE("a slot: with stop_children signals are watched and the end of the tree is waited for") {
  Fixture f;
  f.run();
  Turn turn = f.at(t0);
  f.slot.stop(turn, topic, {SIGTERM, 30s, true}, After::remove);
  CHECK(f.effects ==
        Effects{wake(t0 + 30s), event("kill", t0), Signal{1, 500, SIGTERM, Reach::tree, 0, true}});
  Turn exit = f.at(t0);
  f.slot.on_exited(exit);
  CHECK(f.effects.empty());
  CHECK(f.slot.state() == Slot::State::stopping);
  Turn gone = f.at(t0);
  f.slot.on_tree_gone(gone);
  CHECK(f.effects == Effects{wake(never)});
  CHECK(f.slot.state() == Slot::State::gone);
}

TEST_CASE("a slot: the tree may be gone before the leader is reaped") {
  Fixture f;
  f.run();
  Turn turn = f.at(t0);
  f.slot.stop(turn, topic, {SIGTERM, 30s, true}, After::remove);
  f.slot.on_tree_gone(turn);
  CHECK(f.slot.state() == Slot::State::stopping);
  f.slot.on_exited(turn);
  CHECK(f.slot.state() == Slot::State::gone);
}

TEST_CASE("a slot: a stop before exec sends its signal after it, and SIGKILL when that went out meanwhile") {
  for (const bool killed : {false, true}) {
    Fixture f;
    f.spawn();
    Turn turn = f.at(t0);
    f.slot.stop(turn, topic, gentle, After::remove);
    CHECK(f.effects == Effects{CallOff{1}, wake(t0 + 30s)});
    if (killed) {
      Turn now = f.at(t0);
      f.slot.kill_now(now, topic);
      CHECK(f.effects == Effects{wake(never), Signal{1, 0, SIGKILL, Reach::tree}});
    }
    Turn there = f.at(t0 + 1s);
    f.slot.on_spawned(there, topic, 500, t0, 60s);
    const Signal signal = killed ? Signal{1, 500, SIGKILL, Reach::tree} : Signal{1, 500, SIGTERM};
    CHECK(f.effects == Effects{spawn_event(t0), event("kill", t0 + 1s), signal});
  }
}

TEST_CASE("a slot: a second order can make a stop shorter, sharper and wider, and never softer") {
  Fixture f;
  f.run();
  Turn turn = f.at(t0);
  f.slot.stop(turn, topic, gentle, After::respawn);

  Turn same = f.at(t0 + 1s);
  f.slot.stop(same, topic, {SIGTERM, 60s}, After::respawn);
  CHECK(f.effects.empty());

  Turn shorter = f.at(t0 + 1s);
  f.slot.stop(shorter, topic, {SIGTERM, 5s}, After::respawn);
  CHECK(f.effects == Effects{wake(t0 + 6s)});

  Turn wider = f.at(t0 + 2s);
  f.slot.stop(wider, topic, {SIGINT, 60s, true}, After::remove);
  CHECK(f.effects == Effects{event("kill", t0 + 2s), Signal{1, 500, SIGINT, Reach::tree, 0, true}});
  CHECK(f.slot.leaving());

  Turn now = f.at(t0 + 3s);
  f.slot.kill_now(now, topic);
  CHECK(f.effects ==
        Effects{wake(never), event("kill", t0 + 3s), Signal{1, 500, SIGKILL, Reach::tree, 0, true}});

  Turn after = f.at(t0 + 4s);
  f.slot.kill_now(after, topic);
  f.slot.stop(after, topic, gentle, After::respawn);
  CHECK(f.effects.empty());
}

TEST_CASE("a slot: a stop of one that waits ends it only if it is not to come back") {
  Fixture f;
  f.run();
  Turn turn = f.at(t0);
  f.slot.on_exited(turn);
  f.slot.rest(turn, {.delay = 10s}, false);
  CHECK_FALSE(f.slot.ready());
  Turn soft = f.at(t0);
  f.slot.stop(soft, topic, gentle, After::respawn);
  CHECK(f.effects.empty());
  Turn hard = f.at(t0);
  f.slot.stop(hard, topic, gentle, After::remove);
  CHECK(f.effects == Effects{wake(never)});
  CHECK(f.slot.state() == Slot::State::gone);
}
