#pragma once

#include <vector>

namespace troupe::core {

/// Worker ids of one watcher: the lowest number from 1 that no living process has, as Circus gives them.
class Wids {
 public:
  int take();
  void release(int wid);

 private:
  std::vector<bool> taken_;  ///< index = wid - 1
  std::size_t lowest_ = 0;   ///< nothing below is free
};

}  // namespace troupe::core
