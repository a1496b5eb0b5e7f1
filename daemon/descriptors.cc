#include "daemon/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>

#include "lib/os/rlimits.h"

namespace troupe {

namespace {

/// What the daemon has open by itself: the loop, libzmq, the log, the keeper, some pipes.
constexpr int own = 32;

}  // namespace

Descriptors Descriptors::within(long limit) {
  const long reserve = std::min<long>(512, limit / 4);
  const long moment = std::min<long>(32, reserve / 2);
  Descriptors bounds;
  bounds.limit = limit;
  bounds.lasting = static_cast<int>(limit - reserve);
  bounds.clients = static_cast<int>(limit - moment);
  // Connections are seen after they were accepted: the other half is for those that come meanwhile.
  bounds.door = bounds.lasting + (bounds.clients - bounds.lasting) / 2;
  return bounds;
}

Descriptors Descriptors::of_this_process() {
  constexpr long plenty = 1 << 20;
  const auto limit = os::get_rlimit(RLIMIT_NOFILE);
  if (!limit || !limit->soft) return within(plenty);
  return within(static_cast<long>(std::min<std::uint64_t>(*limit->soft, plenty)));
}

int Descriptors::connections(int wanted) const {
  return std::min(std::max((clients - own) / 2, 1), wanted);
}

std::string Descriptors::none_left() const {
  return "no descriptor is left under the limit of " + std::to_string(limit) +
         "; raise it (ulimit -Hn, LimitNOFILE=) or run less";
}

Admission::Admission(int most, const Descriptors& descriptors)
    : most_(most),
      door_(descriptors.door),
      open_below_(descriptors.door - (descriptors.door - descriptors.lasting) / 2) {}

Admission::Turn Admission::on_change(int connections, int next) {
  const bool full = connections >= most_ || next >= door_;
  // When all have left, what is open is none of theirs, and their share is free.
  const bool roomy = connections == 0 || (connections < most_ - most_ / 8 && next < open_below_);
  if (full && !shut_ && connections > 0) {
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
