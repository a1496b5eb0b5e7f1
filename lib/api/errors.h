#pragma once

#include <span>
#include <string_view>

#include "lib/base/error.h"

namespace troupe::api {

/// One `errno` of an error reply. The numbers are Circus's.
struct ErrorRow {
  int number;
  std::string_view name;
  std::string_view doc;
};

/// Sorted by number.
std::span<const ErrorRow> errors();

/// The errno of the wire for a kind of error.
int wire_errno(Code code);

}  // namespace troupe::api
