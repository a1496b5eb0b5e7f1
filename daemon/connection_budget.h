#pragma once

namespace troupe {

/// max_connections, or as many as the descriptor limit leaves beside what spawning and the daemon itself
/// need.
int connection_budget(int wanted, long descriptor_limit);

/// Descriptors that neither connections nor spawning may touch: 512, or a quarter of a small limit.
int descriptor_reserve(long descriptor_limit);

/// Decides when newcomers are kept out. With `most` connections the door is shut, and it opens again only
/// when an eighth of them has left, so that it does not flap.
class Admission {
 public:
  enum class Turn { stay, shut, open };

  explicit Admission(int most) : most_(most) {}
  /// There are so many connections now; what is to be done with the door.
  Turn on_connections(int connections);
  bool is_shut() const { return shut_; }

 private:
  int most_;
  bool shut_ = false;
};

}  // namespace troupe
