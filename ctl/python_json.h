#pragma once

#include <string>
#include <string_view>

#include "lib/base/value.h"

namespace troupe::ctl {

/// JSON and bytes as Python 3 writes them: scripts made for Circus's command line read these spellings.

/// One line of JSON with ", " and ": " between its parts and everything beyond ASCII as \uXXXX (the defaults
/// of Python's json module).
std::string python_json(const Value& value);

/// The same with sorted keys, indented by two spaces.
std::string python_json_sorted(const Value& value);

/// Bytes as a literal: b'watcher.web.stop'.
std::string python_bytes(std::string_view bytes);

}  // namespace troupe::ctl
