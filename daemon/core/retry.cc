#include "daemon/core/retry.h"

#include <algorithm>

namespace troupe::core {

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

Duration Random::up_to(Duration limit) {
  if (limit <= Duration{}) return {};
  return Duration(static_cast<Duration::rep>(next() % (static_cast<std::uint64_t>(limit.count()) + 1)));
}

Duration pause_after_failure(int failures, Random& random) {
  constexpr Duration cap = 30s;
  const Duration pause =
      failures > 9 ? cap : std::min<Duration>(cap, 100ms * (1 << std::max(0, failures - 1)));
  return pause + random.up_to(pause / 10);
}

Instant RespawnGuard::next_start(const RespawnPolicy& policy, Instant started, Instant now) {
  const Duration life = now - started;
  if (life >= policy.reset) delay_ = {};
  if (life >= calm_life) spinning_ = false;

  const bool grows = policy.delay > Duration{} && policy.delay_max > policy.delay;
  delay_ = grows && delay_ >= policy.delay ? std::min(delay_ * 2, policy.delay_max) : policy.delay;

  if (now - window_start_ > window) {
    window_start_ = now;
    respawns_ = 0;
  }
  if (++respawns_ > burst) spinning_ = true;
  const Instant next = now + delay_;
  return spinning_ ? std::max(next, started + spin_pause) : next;
}

}  // namespace troupe::core
