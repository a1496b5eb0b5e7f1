#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::os {

/// Soft and hard bound of one resource; nullopt = unlimited.
struct Limit {
  std::optional<std::uint64_t> soft;
  std::optional<std::uint64_t> hard;

  bool operator==(const Limit&) const = default;
};

/// The kernel's number of a resource by the name of its RLIMIT_ constant without that prefix, in any case
/// ("nofile"). Nothing when there is none of that name.
std::optional<int> find_rlimit(std::string_view name);

Result<Limit> get_rlimit(int resource);
Result<void> set_rlimit(int resource, const Limit& limit);

/// Raises the soft descriptor limit to the hard one and returns the limit as it was, to be given to children.
/// A refusal is no error: then nothing changed.
Result<Limit> raise_descriptor_limit();

}  // namespace troupe::os
