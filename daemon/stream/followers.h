#pragma once

#include <string_view>
#include <vector>

#include "daemon/ports.h"
#include "lib/loop/deferred.h"
#include "lib/loop/timer_watch.h"

namespace troupe {

/// Callers that wait for lines which are still to come. Each is answered as soon as there is one, with all
/// that came until then, or with none when its time is over.
class Followers {
 public:
  /// Callers that wait at the same time.
  static constexpr std::size_t most = 256;

  Followers(loop::Loop& loop, const core::Tails& tails);

  /// Before the first caller.
  void answer(Callers& callers) { callers_ = &callers; }
  Result<void> follow(core::Ticket ticket, const core::LogQuery& query, Instant until);
  /// Something came.
  void news() {
    if (!waiting_.empty()) look_.schedule();
  }

 private:
  struct Waiting {
    core::Ticket ticket;
    core::LogQuery query;
    Instant until;
  };
  void look();
  void set_timer();

  loop::Loop& loop_;
  const core::Tails& tails_;
  Callers* callers_ = nullptr;
  std::vector<Waiting> waiting_;
  loop::Deferred look_;
  loop::TimerWatch timer_;
};

}  // namespace troupe
