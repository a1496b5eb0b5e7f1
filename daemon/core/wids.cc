#include "daemon/core/wids.h"

#include <algorithm>

namespace troupe::core {

int Wids::take() {
  while (lowest_ < taken_.size() && taken_[lowest_]) ++lowest_;
  if (lowest_ == taken_.size()) taken_.push_back(false);
  taken_[lowest_] = true;
  return static_cast<int>(lowest_) + 1;
}

void Wids::release(int wid) {
  if (wid <= 0 || static_cast<std::size_t>(wid) > taken_.size()) return;
  taken_[wid - 1] = false;
  lowest_ = std::min(lowest_, static_cast<std::size_t>(wid - 1));
}

}  // namespace troupe::core
