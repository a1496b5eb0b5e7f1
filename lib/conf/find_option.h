#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "lib/conf/option.h"

namespace troupe::conf {

/// The row of a key in a sorted table, a plain row before a family; nullptr: there is none.
template <class Config>
const Option<Config>* find_option(std::span<const Option<Config>> rows, std::string_view key) {
  const auto at =
      std::lower_bound(rows.begin(), rows.end(), key,
                       [](const auto& row, std::string_view wanted) { return row.name < wanted; });
  if (at != rows.end() && at->name == key && !at->is_family()) return &*at;
  for (const auto& row : rows) {
    if (row.is_family() && row.matches(key)) return &row;
  }
  return nullptr;
}

}  // namespace troupe::conf
