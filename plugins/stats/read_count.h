#pragma once

#include "lib/base/duration.h"

namespace troupe::plugins::stats {

/// Counts in how many of the last 10 ms a socket had something to be read, which is what Circus finds by
/// looking a hundred times a second: nothing for an idle socket, one at most for a connection that is
/// accepted at once, 100 a second for one that nobody accepts. Here nobody looks: whoever asks to be told
/// when the socket becomes readable says so, and then looks away for the time that he is told. Pure.
class ReadCount {
 public:
  static constexpr Duration slot = 10ms;
  /// As long as nobody reads, it is looked at less and less often.
  static constexpr Duration longest_pause = 1s;

  /// From now on it is waited for.
  void on_look(Instant now) { looked_ = now; }
  /// It is readable. For how long not to look.
  Duration on_readable(Instant now);
  /// How many since the last call. `readable`: whether it is so now.
  int take(Instant now, bool readable);

 private:
  int slots_until(Instant now) const { return static_cast<int>((now - counted_until_) / slot); }

  Instant looked_{}, counted_until_{};
  Duration pause_ = slot;
  int reads_ = 0;
};

}  // namespace troupe::plugins::stats
