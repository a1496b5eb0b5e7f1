#include "daemon/stats/surveys.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <map>
#include <string>

#include "lib/loop/timer_watch.h"
#include "tests/unit/stats/child.h"

// Where children are found: both ways, where the kernel knows both.
#define IN_BOTH_WAYS(desk)                               \
  bool lists = false;                                    \
  SUBCASE("children from the table of all processes") {} \
  SUBCASE("children from the lists of the kernel") {     \
    lists = os::lists_children();                        \
  }                                                      \
  Desk desk(lists)

using namespace troupe;
using Form = SurveyCaller::Form;

namespace {

/// Surveys on a loop, and somebody else who has a turn of it whenever there is one.
struct Desk {
  explicit Desk(bool kernel_lists = os::lists_children()) : lists(kernel_lists) { late.set_in(20s); }

  /// That many times ourselves: work for a while.
  static Survey many(int count, std::string key = "many") {
    std::vector<stats::WatchedProcess> processes;
    for (int i = 0; i < count; ++i) processes.push_back({.pid = getpid(), .wid = i, .started = 0});
    return {std::move(key), {{"web", std::move(processes)}}};
  }
  static SurveyCaller caller(core::Ticket ticket, Form form = Form::watcher) {
    SurveyCaller caller{.form = form, .ticket = ticket};
    caller.head.set("name", "web");
    return caller;
  }
  void run_until(std::size_t answers) {
    wanted = answers;
    other.schedule();
    if (replies.size() + errors.size() < wanted) loop.run();
    other.cancel();
  }
  void on_answer(const SurveyCaller& asked, Result<Value> reply) {
    turns_at[asked.ticket] = turns;
    if (reply) {
      replies[asked.ticket] = *std::move(reply);
    } else {
      errors[asked.ticket] = reply.error();
    }
    if (replies.size() + errors.size() >= wanted) loop.stop();
  }
  void on_turn() {
    ++turns;
    other.schedule();
  }
  void on_late() {
    loop.stop();
    FAIL("no answer in 20 s");
  }

  const bool lists;
  loop::Loop loop;
  BackgroundNames names{loop};
  Surveys surveys{loop, names, Surveys::OnAnswer::to<&Desk::on_answer>(*this), lists};
  loop::Deferred other{loop, loop::Deferred::OnCall::to<&Desk::on_turn>(*this)};
  loop::TimerWatch late{loop, loop::TimerWatch::OnTimer::to<&Desk::on_late>(*this)};
  std::map<core::Ticket, Value> replies;
  std::map<core::Ticket, Error> errors;
  std::map<core::Ticket, int> turns_at;
  std::size_t wanted = 0;
  int turns = 0;
};

}  // namespace

TEST_CASE("a survey of many processes is read in many turns, and others have theirs between") {
  IN_BOTH_WAYS(desk);
  REQUIRE(desk.surveys.add(Desk::many(3000), Desk::caller(1)));
  desk.run_until(1);
  const Value* info = desk.replies.at(1).find("info");
  REQUIRE(info);
  CHECK(info->as_object()->size() == 3000);
  CHECK(*info->as_object()->back().value.find("wid") == Value(2999));
  CHECK(desk.turns > 5);
}

TEST_CASE("who asks the same shares an answer that is not begun, and has his own words in it") {
  IN_BOTH_WAYS(desk);
  REQUIRE(desk.surveys.add(Desk::many(1000), Desk::caller(1)));
  REQUIRE(desk.surveys.add(Desk::many(3), Desk::caller(2, Form::all)));
  REQUIRE(desk.surveys.add(Desk::many(1, "other"), Desk::caller(3, Form::process)));
  desk.run_until(3);
  // The later question knows better which processes there are.
  CHECK(desk.replies.at(1).find("info")->as_object()->size() == 3);
  CHECK(desk.replies.at(2).find("infos")->find("web")->as_object()->size() == 3);
  CHECK(*desk.replies.at(2).find("name") == Value("web"));
  CHECK(*desk.replies.at(3).find("info")->find("pid") == Value(getpid()));
}

TEST_CASE("who asks when the reading has begun gets what is read afterwards") {
  IN_BOTH_WAYS(desk);
  REQUIRE(desk.surveys.add(Desk::many(1000), Desk::caller(1)));
  struct Later {
    Desk& desk;
    void ask() {
      if (desk.turns < 2) return again.schedule();
      REQUIRE(desk.surveys.add(Desk::many(5), Desk::caller(2)));
    }
    loop::Deferred again{desk.loop, loop::Deferred::OnCall::to<&Later::ask>(*this)};
  } later{desk};
  later.again.schedule();
  desk.run_until(2);
  CHECK(desk.replies.at(1).find("info")->as_object()->size() == 1000);
  CHECK(desk.replies.at(2).find("info")->as_object()->size() == 5);
  CHECK(desk.turns_at.at(1) < desk.turns_at.at(2));
}

TEST_CASE("a child that was born after one had asked is in the answer of who asks next") {
  IN_BOTH_WAYS(desk);
  REQUIRE(desk.surveys.add(Desk::many(1000), Desk::caller(1)));
  std::optional<Child> child;
  struct Later {
    Desk& desk;
    std::optional<Child>& child;
    void ask() {
      if (desk.turns < 3) return again.schedule();
      child.emplace();
      REQUIRE(desk.surveys.add(Desk::many(1, "one"), Desk::caller(2, Form::process)));
    }
    loop::Deferred again{desk.loop, loop::Deferred::OnCall::to<&Later::ask>(*this)};
  } later{desk, child};
  later.again.schedule();
  desk.run_until(2);
  CHECK(desk.replies.at(2).find("info")->find("children")->as_array()->size() == 1);
}

TEST_CASE("surveys that wait are bounded, those who share one are not") {
  IN_BOTH_WAYS(desk);
  core::Ticket ticket = 0;
  for (std::size_t i = 0; i < Surveys::most_waiting; ++i)
    REQUIRE(desk.surveys.add(Desk::many(1, std::to_string(i)), Desk::caller(++ticket)));
  const auto refused = desk.surveys.add(Desk::many(1, "one more"), Desk::caller(++ticket));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::limit);
  CHECK(refused.error().text == "64 questions of stats wait to be read already; ask again later");
  REQUIRE(desk.surveys.add(Desk::many(1, "7"), Desk::caller(++ticket)));
  desk.run_until(Surveys::most_waiting + 1);
  CHECK(desk.replies.size() == Surveys::most_waiting + 1);
  CHECK(desk.surveys.add(Desk::many(1, "one more"), Desk::caller(++ticket)));
}

TEST_CASE("at the end everybody who waits hears so") {
  IN_BOTH_WAYS(desk);
  REQUIRE(desk.surveys.add(Desk::many(10), Desk::caller(1)));
  REQUIRE(desk.surveys.add(Desk::many(10), Desk::caller(2)));
  REQUIRE(desk.surveys.add(Desk::many(10, "other"), Desk::caller(3)));
  desk.surveys.end();
  CHECK(desk.errors.size() == 3);
  CHECK(desk.errors.at(3).text == "the daemon is stopping");
}

TEST_CASE("a few processes are answered at once where the kernel lists children, and so is who cannot wait") {
  IN_BOTH_WAYS(desk);
  Survey few = Desk::many(1);
  const auto infos = desk.surveys.try_now(few);
  CHECK(infos.has_value() == lists);
  if (infos) CHECK(infos->find("web")->as_object()->size() == 1);
  Survey all = Desk::many(300);
  CHECK_FALSE(desk.surveys.try_now(all));
  CHECK(desk.surveys.read_now(all).find("web")->as_object()->size() == 300);
}
