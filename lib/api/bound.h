#pragma once

#include <cstddef>
#include <string_view>

namespace troupe::api {

/// True when rows and handlers name the same things, each once. A handler row has a `name`, as a command has:
///
///     static_assert(bound(process_commands, process_handlers), "a declared command has no handler");
template <class Row, std::size_t rows, class Handler, std::size_t handlers>
constexpr bool bound(const Row (&declared)[rows], const Handler (&written)[handlers]) {
  if (rows != handlers) return false;
  for (const Row& row : declared) {
    std::size_t found = 0;
    for (const Handler& handler : written) found += std::string_view(handler.name) == row.name;
    if (found != 1) return false;
  }
  return true;
}

}  // namespace troupe::api
