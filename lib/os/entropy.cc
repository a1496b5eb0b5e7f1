#include "lib/os/entropy.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

namespace troupe::os {

std::uint64_t random_u64() {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) == sizeof bits) return bits;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_nsec) << 32 ^ static_cast<std::uint64_t>(now.tv_sec) << 16 ^
         static_cast<std::uint64_t>(getpid());
}

}  // namespace troupe::os
