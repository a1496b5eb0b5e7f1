#pragma once

#include <cstdint>

namespace troupe::os {

/// Random bits of the kernel, for seeds and identities. Falls back on the clock and the pid while the kernel
/// has none to give (early boot), rather than wait.
std::uint64_t random_u64();

}  // namespace troupe::os
