#pragma once

#include <string>

namespace troupe::conf {

/// Where a section or key stands, for messages: `file:line`.
struct Origin {
  std::string file;
  int line = 0;

  bool operator==(const Origin&) const = default;
};

}  // namespace troupe::conf
