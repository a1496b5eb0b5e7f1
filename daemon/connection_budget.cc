#include "daemon/connection_budget.h"

#include <algorithm>

namespace troupe {

namespace {

/// What the daemon has open by itself: the loop, libzmq, the log, the keeper, some pipes.
constexpr int own_descriptors = 48;

}  // namespace

int descriptor_reserve(long descriptor_limit) {
  return static_cast<int>(std::min<long>(512, descriptor_limit / 4));
}

int connection_budget(int wanted, long descriptor_limit) {
  const long left = descriptor_limit - descriptor_reserve(descriptor_limit) - own_descriptors;
  // Connections are counted after they were accepted: the other half is for those that come meanwhile.
  return static_cast<int>(std::min<long>(std::max<long>(left / 2, 8), wanted));
}

Admission::Turn Admission::on_connections(int connections) {
  const bool full = connections >= most_;
  const bool roomy = connections < most_ - most_ / 8;
  if (full && !shut_) {
    shut_ = true;
    return Turn::shut;
  }
  if (roomy && shut_) {
    shut_ = false;
    return Turn::open;
  }
  return Turn::stay;
}

}  // namespace troupe
