#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/os/fd.h"

namespace troupe {

/// Stages: the places where output waits that cannot go straight into a file, because lines must be whole or
/// are changed. One memfd for all, so that it takes one descriptor and can outlive this process; bytes get
/// into it by splice only. Memory is taken as it is written; of stages that were given back only a few keep
/// theirs.
class Arena {
 public:
  static constexpr std::size_t stage_size = 64 << 10;

  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// A stage that nobody has; -1 and errno when there is no memory for one.
  int take();
  void give_back(int stage);

  /// The bytes of a stage.
  char* at(int stage) const;
  /// The memfd, and where in it a stage begins.
  int fd() const { return memfd_.get(); }
  long long offset(int stage) const {
    return static_cast<long long>(stage) * static_cast<long long>(stage_size);
  }

 private:
  static constexpr int stages_a_map = 64;
  static constexpr std::size_t most_kept = 128;  ///< 8 MiB

  bool grow();

  os::Fd memfd_;
  std::vector<char*> maps_;
  std::vector<int> kept_;  ///< free, their memory still there
  std::vector<int> free_;
};

}  // namespace troupe
