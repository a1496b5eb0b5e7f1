#include "plugins/stats/read_count.h"

#include <algorithm>
#include <utility>

namespace troupe::plugins::stats {

/// Readable as soon as somebody looked: it has been so since the last time, or so busy that there is no
/// difference. Nothing tells an accept, so nobody knows more.
Duration ReadCount::on_readable(Instant now) {
  const bool at_once = now - looked_ < slot / 2 && counted_until_ != Instant{};
  reads_ += at_once ? std::max(1, slots_until(now)) : 1;
  pause_ = at_once ? std::min<Duration>(2 * pause_, longest_pause) : slot;
  counted_until_ = now;
  return pause_;
}

int ReadCount::take(Instant now, bool readable) {
  if (readable && counted_until_ != Instant{}) reads_ += slots_until(now);
  counted_until_ = now;
  return std::exchange(reads_, 0);
}

}  // namespace troupe::plugins::stats
