#pragma once

#include <cstdint>

#include "lib/base/duration.h"

namespace troupe::core {

/// A small generator of pseudo random numbers (splitmix64): the core has no entropy of its own, so that the
/// same inputs give the same effects. The seed comes from outside.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Uniform in [0, limit].
  Duration up_to(Duration limit);

 private:
  std::uint64_t state_;
};

/// The pause after the n-th failed spawn in a row (n from 1): 100 ms · 2^(n-1), at most 30 s, and up to 10 %
/// on top so that many watchers that failed together do not try again together.
Duration pause_after_failure(int failures, Random& random);

/// When a process that ran and exited is replaced (design decision D9).
struct RespawnPolicy {
  Duration delay{};      ///< restart_delay: 0 = at once
  Duration delay_max{};  ///< restart_delay_max: the delay doubles up to this; 0 = it stays
  Duration reset = 10s;  ///< restart_reset: a life of that length makes the delay start small again
};

/// The memory of one slot about its recent lives. It holds back a process that spins: more than 20 respawns
/// within a second turn into one a second, until a life lasted 10 s.
class RespawnGuard {
 public:
  static constexpr int burst = 20;
  static constexpr Duration window = 1s;
  static constexpr Duration spin_pause = 1s;
  static constexpr Duration calm_life = 10s;

  /// A life from `started` to `now` is over: the earliest time of the next one.
  Instant next_start(const RespawnPolicy& policy, Instant started, Instant now);
  bool spinning() const { return spinning_; }

 private:
  Duration delay_{};
  Instant window_start_{};
  int respawns_ = 0;
  bool spinning_ = false;
};

}  // namespace troupe::core
