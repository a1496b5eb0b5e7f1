#pragma once

#include <cstdint>
#include <utility>

#include "lib/base/duration.h"

namespace troupe::log {

/// For what anybody can make happen as often as he likes: one line a second tells of all of it.
class Seldom {
 public:
  /// It happened. How often since the last line, this time included; 0: a line was written within a second.
  std::uint64_t happened(Instant now) {
    ++count_;
    if (now - said_ < 1s && said_ != Instant{}) return 0;
    said_ = now;
    return std::exchange(count_, 0);
  }

 private:
  std::uint64_t count_ = 0;
  Instant said_{};
};

}  // namespace troupe::log
