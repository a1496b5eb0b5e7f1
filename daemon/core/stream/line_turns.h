#pragma once

#include <cstdint>

#include "daemon/core/effects.h"
#include "lib/base/duration.h"

namespace troupe::core {

using SourceId = std::uint64_t;  ///< one captured pipe; given once and never again

/// Whose turn it is in a file that several processes write to. Who has written a part of a line has the turn
/// until the line is complete, so that no line is mixed with another. Nobody is kept waiting for ever: a
/// turn that others have waited for `patience` long is taken away, and who ends in the middle of a line gives
/// it back; then the next write begins on a new line. Pure.
class LineTurns {
 public:
  static constexpr Duration patience = 5s;

  SourceId owner() const { return owner_; }
  bool may_write(SourceId source) const { return owner_ == 0 || owner_ == source; }
  /// The line at the end was left unfinished: write a newline first.
  bool wants_newline() const { return broken_; }
  void wrote_newline() { broken_ = false; }
  /// What the source wrote ends a line, or it does not.
  void wrote(SourceId source, bool ends_line) {
    owner_ = ends_line ? 0 : source;
    if (ends_line) waiting_until_ = never;
  }
  /// The source will not write the rest of its line.
  void leave(SourceId source) {
    if (owner_ != source || source == 0) return;
    owner_ = 0;
    broken_ = true;
    waiting_until_ = never;
  }
  /// The file does not end with a newline, and nobody of ours is at it.
  void found_unfinished() { broken_ = true; }
  /// Another file: nothing is in it.
  void clear() {
    owner_ = 0;
    broken_ = false;
  }

  /// A source that may not write waits from now on. When to call expire().
  Instant wait(Instant now) {
    if (waiting_until_ == never) waiting_until_ = now + patience;
    return waiting_until_;
  }
  Instant waiting_until() const { return waiting_until_; }
  /// Takes the turn away when its time is over; true: it did.
  bool expire(Instant now) {
    if (now < waiting_until_) return false;
    leave(owner_);
    waiting_until_ = never;
    return true;
  }

 private:
  SourceId owner_ = 0;
  bool broken_ = false;
  Instant waiting_until_ = never;
};

}  // namespace troupe::core
