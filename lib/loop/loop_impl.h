#pragma once

#include <event2/event.h>

#include <vector>

#include "lib/loop/loop.h"
#include "lib/loop/timers.h"

namespace troupe::loop {

class Deferred;

/// The inside of a loop, for the watches of this folder.
struct Loop::Impl {
  event_base* base;
  Timers timers;
  event* timer_event;
  std::vector<Deferred*> deferred;  ///< for the next round
  std::vector<Deferred*> calling;   ///< those of this round; a null has been called or was cancelled
  bool stopping = false;

  Impl();
  ~Impl();

  /// Calls what was deferred before; what is deferred meanwhile waits for the next round.
  void call_deferred();
  static void on_timer(int fd, short what, void* self);
};

/// The system refused what no loop can do without: says so and ends the process.
[[noreturn]] void give_up(const char* what);

}  // namespace troupe::loop
