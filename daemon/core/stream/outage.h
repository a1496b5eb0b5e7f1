#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "daemon/core/effects.h"
#include "lib/base/duration.h"

namespace troupe::core {

/// What to do with the output of processes while it cannot be written: a full disk, a folder without
/// permission. For the first seconds it waits in the pipe, which holds the writer up; after that it is thrown
/// away and counted, because a process must not stand still for ever over its log. Meanwhile writing is tried
/// again, with pauses that grow. Pure.
class Outage {
 public:
  static constexpr Duration wait_at_most = 10s;
  static constexpr Duration first_pause = 500ms;
  static constexpr Duration longest_pause = 10s;

  enum class Advice {
    write,  ///< go on, or try again
    wait,   ///< until next_try()
    drop,   ///< throw it away
  };

  bool lasts() const { return since_ != Instant{}; }
  Instant since() const { return since_; }
  int error() const { return error_; }
  std::uint64_t dropped() const { return dropped_; }

  Advice advice(Instant now) const {
    if (!lasts() || now >= next_try_) return Advice::write;
    return now - since_ < wait_at_most ? Advice::wait : Advice::drop;
  }
  /// When somebody who waits is to be called again.
  Instant next_try() const { return lasts() ? next_try_ : never; }

  /// A try failed. True: it was good before, so somebody should be told.
  bool failed(int error, Instant now) {
    const bool began = !lasts();
    pause_ = began ? first_pause : std::min(pause_ * 2, longest_pause);
    if (began) since_ = now;
    error_ = error;
    next_try_ = now + pause_;
    return began;
  }
  void drop(std::uint64_t bytes) { dropped_ += bytes; }
  /// A try went well; what was until now.
  Outage over() { return std::exchange(*this, Outage()); }

 private:
  Instant since_{};
  Instant next_try_{};
  Duration pause_{};
  int error_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace troupe::core
