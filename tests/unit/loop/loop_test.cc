#include "lib/loop/loop.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <vector>

#include "lib/loop/deferred.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/signal_watch.h"
#include "lib/loop/timer_watch.h"

using namespace troupe;
using namespace troupe::loop;

namespace {

struct Pipe {
  int ends[2];
  Pipe() { REQUIRE(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  int out() const { return ends[0]; }
  void put() const { REQUIRE(write(ends[1], "x", 1) == 1); }
};

long context_switches() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nvcsw;
}

/// A loop that a test cannot hang in.
struct BoundedLoop {
  Loop loop;
  bool late = false;
  void on_late() {
    late = true;
    loop.stop();
  }
  TimerWatch guard{loop, TimerWatch::OnTimer::to<&BoundedLoop::on_late>(*this)};

  void run() {
    guard.set_in(20s);
    loop.run();
    guard.cancel();
    CHECK_FALSE(late);
  }
};

}  // namespace

TEST_CASE("a readable descriptor calls back as long as it is readable") {
  BoundedLoop bounded;
  Pipe pipe;
  int calls = 0;
  auto on_ready = [&](Ready ready) {
    CHECK(ready.readable);
    CHECK_FALSE(ready.writable);
    if (++calls == 3) bounded.loop.stop();
  };
  FdWatch watch(bounded.loop, pipe.out(), {.readable = true}, FdWatch::OnReady::of(on_ready));
  pipe.put();
  bounded.run();
  CHECK(calls == 3);
}

TEST_CASE("an edge calls back once for each change") {
  BoundedLoop bounded;
  Pipe pipe;
  int calls = 0;
  auto on_ready = [&](Ready) { ++calls; };
  FdWatch watch(bounded.loop, pipe.out(), {.readable = true, .edge = true}, FdWatch::OnReady::of(on_ready));
  int rounds = 0;
  Deferred* again = nullptr;
  auto on_round = [&] {
    if (++rounds == 5) pipe.put();
    rounds < 10 ? again->schedule() : bounded.loop.stop();
  };
  Deferred round(bounded.loop, Deferred::OnCall::of(on_round));
  again = &round;
  round.schedule();
  pipe.put();
  bounded.run();
  CHECK(calls == 2);
}

TEST_CASE("an end of file is readable and a watch without interest is silent") {
  BoundedLoop bounded;
  int ends[2];
  REQUIRE(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  close(ends[1]);
  int calls = 0;
  auto on_ready = [&](Ready ready) {
    CHECK(ready.readable);
    ++calls;
  };
  FdWatch watch(bounded.loop, ends[0], {}, FdWatch::OnReady::of(on_ready));
  auto on_timer = [&] {
    CHECK(calls == 0);
    watch.set_interest({.readable = true});
  };
  TimerWatch timer(bounded.loop, TimerWatch::OnTimer::of(on_timer));
  timer.set_in(1ms);
  auto on_second = [&] { bounded.loop.stop(); };
  TimerWatch second(bounded.loop, TimerWatch::OnTimer::of(on_second));
  second.set_in(5ms);
  bounded.run();
  CHECK(calls > 0);
  close(ends[0]);
}

TEST_CASE("timers ring in the order of their times and never early") {
  BoundedLoop bounded;
  Loop& loop = bounded.loop;
  const Instant start = loop.now();
  std::vector<int> order;
  auto first = [&] { order.push_back(1); };
  auto second = [&] {
    CHECK(loop.now() >= start + 2ms);
    order.push_back(2);
  };
  auto third = [&] {
    CHECK(loop.now() >= start + 3ms);
    order.push_back(3);
    loop.stop();
  };
  TimerWatch c(loop, TimerWatch::OnTimer::of(third));
  TimerWatch b(loop, TimerWatch::OnTimer::of(second));
  TimerWatch a(loop, TimerWatch::OnTimer::of(first));
  c.set(start + 3ms);
  b.set(start + 2ms);
  a.set(start - 1h);
  CHECK(a.at() == start - 1h);
  bounded.run();
  CHECK(order == std::vector{1, 2, 3});
  CHECK_FALSE(a.at());
}

TEST_CASE("timers of the same time ring in the order they were set") {
  BoundedLoop bounded;
  std::vector<int> order;
  struct Ring {
    std::vector<int>& order;
    int number;
    void operator()() { order.push_back(number); }
  };
  std::vector<std::unique_ptr<Ring>> rings;
  std::vector<std::unique_ptr<TimerWatch>> timers;
  const Instant at = bounded.loop.now();
  for (int i = 0; i < 20; ++i) {
    rings.push_back(std::make_unique<Ring>(Ring{order, i}));
    timers.push_back(std::make_unique<TimerWatch>(bounded.loop, TimerWatch::OnTimer::of(*rings.back())));
    timers.back()->set(at);
  }
  auto stop = [&] { bounded.loop.stop(); };
  TimerWatch last(bounded.loop, TimerWatch::OnTimer::of(stop));
  last.set(at);
  bounded.run();
  REQUIRE(order.size() == 20);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a cancelled timer is silent and a timer that is set again rings at its new time only") {
  BoundedLoop bounded;
  int calls = 0;
  auto count = [&] { ++calls; };
  auto stop = [&] { bounded.loop.stop(); };
  TimerWatch cancelled(bounded.loop, TimerWatch::OnTimer::of(count));
  TimerWatch moved(bounded.loop, TimerWatch::OnTimer::of(count));
  TimerWatch end(bounded.loop, TimerWatch::OnTimer::of(stop));
  cancelled.set_in(0ms);
  moved.set_in(0ms);
  moved.set_in(2ms);
  end.set_in(4ms);
  cancelled.cancel();
  bounded.run();
  CHECK(calls == 1);
}

TEST_CASE("a timer that keeps setting itself to the past does not starve descriptors") {
  BoundedLoop bounded;
  Pipe pipe;
  TimerWatch* again = nullptr;
  int rings = 0;
  auto on_timer = [&] {
    if (++rings == 1) pipe.put();
    if (rings < 100000) again->set(Instant{});
  };
  TimerWatch timer(bounded.loop, TimerWatch::OnTimer::of(on_timer));
  again = &timer;
  auto on_ready = [&](Ready) { bounded.loop.stop(); };
  FdWatch watch(bounded.loop, pipe.out(), {.readable = true}, FdWatch::OnReady::of(on_ready));
  timer.set(Instant{});
  bounded.run();
  CHECK(rings < 10);
}

TEST_CASE("what is deferred runs once before the loop sleeps, and again only in the next round") {
  BoundedLoop bounded;
  Pipe pipe;
  int calls = 0;
  Deferred* again = nullptr;
  auto on_call = [&] {
    if (++calls == 1) pipe.put();
    again->schedule();
  };
  Deferred deferred(bounded.loop, Deferred::OnCall::of(on_call));
  again = &deferred;
  auto on_ready = [&](Ready) { bounded.loop.stop(); };
  FdWatch watch(bounded.loop, pipe.out(), {.readable = true}, FdWatch::OnReady::of(on_ready));
  deferred.schedule();
  deferred.schedule();
  bounded.run();
  CHECK(calls == 1);
  CHECK(deferred.is_scheduled());
  deferred.cancel();
  CHECK_FALSE(deferred.is_scheduled());
}

TEST_CASE("every watch may be destroyed in its own callback") {
  BoundedLoop bounded;
  Loop& loop = bounded.loop;
  Pipe pipe;
  std::unique_ptr<FdWatch> fd;
  std::unique_ptr<TimerWatch> timer;
  std::unique_ptr<Deferred> deferred, victim;
  std::unique_ptr<SignalWatch> signal;
  auto on_signal = [&](int signum) {
    CHECK(signum == SIGUSR1);
    signal.reset();
    loop.stop();
  };
  auto on_timer = [&] {
    timer.reset();
    raise(SIGUSR1);
  };
  auto on_ready = [&](Ready) {
    fd.reset();
    timer->set(loop.now());
  };
  auto on_call = [&] {
    deferred.reset();
    victim.reset();
    pipe.put();
  };
  auto never = [&] { CHECK(false); };
  signal = std::make_unique<SignalWatch>(loop, SIGUSR1, SignalWatch::OnSignal::of(on_signal));
  fd = std::make_unique<FdWatch>(loop, pipe.out(), Ready{.readable = true}, FdWatch::OnReady::of(on_ready));
  timer = std::make_unique<TimerWatch>(loop, TimerWatch::OnTimer::of(on_timer));
  deferred = std::make_unique<Deferred>(loop, Deferred::OnCall::of(on_call));
  victim = std::make_unique<Deferred>(loop, Deferred::OnCall::of(never));
  deferred->schedule();
  victim->schedule();
  bounded.run();
  CHECK_FALSE(fd);
  CHECK_FALSE(timer);
  CHECK_FALSE(deferred);
  CHECK_FALSE(signal);
}

TEST_CASE("a watch that another callback of the same round destroys is not called") {
  BoundedLoop bounded;
  Pipe one, two;
  std::unique_ptr<FdWatch> a, b;
  int calls = 0;
  auto on_a = [&](Ready) {
    ++calls;
    b.reset();
    bounded.loop.stop();
  };
  auto on_b = [&](Ready) {
    ++calls;
    a.reset();
    bounded.loop.stop();
  };
  a = std::make_unique<FdWatch>(bounded.loop, one.out(), Ready{.readable = true}, FdWatch::OnReady::of(on_a));
  b = std::make_unique<FdWatch>(bounded.loop, two.out(), Ready{.readable = true}, FdWatch::OnReady::of(on_b));
  one.put();
  two.put();
  bounded.run();
  CHECK(calls == 1);
}

TEST_CASE("stop ends the run after the current callback, also before the run began") {
  BoundedLoop bounded;
  int calls = 0;
  auto on_call = [&] {
    ++calls;
    bounded.loop.stop();
  };
  Deferred a(bounded.loop, Deferred::OnCall::of(on_call));
  Deferred b(bounded.loop, Deferred::OnCall::of(on_call));
  a.schedule();
  b.schedule();
  bounded.run();
  CHECK(calls == 1);
  bounded.run();
  CHECK(calls == 2);
  bounded.loop.stop();
  bounded.run();
  CHECK(calls == 2);
}

TEST_CASE("a loop with nothing to do does not wake up") {
  BoundedLoop bounded;
  Pipe pipe;
  auto on_ready = [](Ready) {};
  auto never = [] {};
  FdWatch watch(bounded.loop, pipe.out(), {.readable = true}, FdWatch::OnReady::of(on_ready));
  TimerWatch cancelled(bounded.loop, TimerWatch::OnTimer::of(never));
  cancelled.set_in(1ms);
  auto stop = [&] { bounded.loop.stop(); };
  TimerWatch end(bounded.loop, TimerWatch::OnTimer::of(stop));
  end.set_in(200ms);
  cancelled.cancel();
  const long before = context_switches();
  bounded.run();
  CHECK(context_switches() - before <= 2);
}

TEST_CASE("a descriptor that epoll does not take is watched all the same, until nobody wants it") {
  BoundedLoop bounded;
  char name[] = "/tmp/troupe-loop-XXXXXX";
  const int file = mkstemp(name);
  REQUIRE(file >= 0);
  unlink(name);
  int calls = 0;
  std::unique_ptr<FdWatch> watch;
  const auto on_ready = [&](Ready ready) {
    CHECK(ready.readable);
    CHECK_FALSE(ready.writable);
    if (++calls < 3) return;
    watch.reset();  // may go in its own call
    bounded.loop.stop();
  };
  watch =
      std::make_unique<FdWatch>(bounded.loop, file, Ready{.readable = true}, FdWatch::OnReady::of(on_ready));
  bounded.run();
  CHECK(calls == 3);
  close(file);
}
