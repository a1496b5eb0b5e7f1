#include "lib/stats/moment.h"

#include <cmath>

namespace troupe::stats {

Moment moment_after(const Moment& before) {
  Moment moment{os::read_machine(), std::chrono::steady_clock::now(), os::wall_time()};
  const double known = before.machine.boot_time;
  if (std::abs(moment.machine.boot_time - known) <= 1) moment.machine.boot_time = known;
  return moment;
}

}  // namespace troupe::stats
