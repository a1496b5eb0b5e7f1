#pragma once

#include <limits>
#include <string>

namespace troupe {

/// Who may have which of the arbiter's descriptors. A new one gets the lowest number that is free (POSIX), so
/// its number tells how many are open at least, whoever opened them: whoever gets one that is not for him
/// gives it back and fails, and nobody keeps a count that could be wrong.
///
///     0 ……… lasting ……… door ……… clients ……… limit
///
/// Each name is the first number that is not for it any more.
struct Descriptors {
  static constexpr int all = std::numeric_limits<int>::max();
  /// Below this limit the daemon does not start: what it has open itself, a process and a client need as
  /// many.
  static constexpr long least = 64;

  long limit = all;
  int lasting = all;  ///< outputs, starts, managed sockets, targets: what lasts, or there may be many of
  int door = all;     ///< when this is next, newcomers are kept out
  int clients = all;  ///< connections; what is above is for what is open for a moment

  /// Clients and moments have 512 for themselves, or a quarter of a small limit.
  static Descriptors within(long limit);
  /// Within the soft limit of this process.
  static Descriptors of_this_process();

  /// How many connections, of those that are wanted: not more than half of what the daemon itself leaves, so
  /// that a crowd does not keep processes from being started.
  int connections(int wanted) const;
  /// Why something could not be opened: "no descriptor is left under the limit of 256; …".
  std::string none_left() const;
};

/// Decides when newcomers are kept out. With `most` connections, or when the next descriptor would be that of
/// the door, it is shut, and it opens again only when there is some room, so that it does not flap.
class Admission {
 public:
  enum class Turn { stay, shut, open };

  Admission(int most, const Descriptors& descriptors);
  /// There are so many connections now, and the next descriptor would have this number.
  Turn on_change(int connections, int next);
  bool is_shut() const { return shut_; }

 private:
  int most_;
  int door_;
  int open_below_;
  bool shut_ = false;
};

}  // namespace troupe
