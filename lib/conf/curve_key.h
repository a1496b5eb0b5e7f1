#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::conf {

/// Whether the text is a CURVE key as people write it: 40 characters of Z85 (ZeroMQ RFC 32).
bool is_curve_key(std::string_view text);

/// What a file of CURVE keys holds; what it does not is empty.
struct CurveKeyFile {
  std::string public_key;
  std::string secret_key;
  std::string bare;  ///< a line with nothing but a key; whoever reads the file knows which
};

/// Reads lines `public-key = "KEY"` and `secret-key = "KEY"` (the certificates of ZeroMQ's own tools; their
/// other lines do not matter), or a line with a key alone. Error: `LINE: reason`, which never shows what
/// stands there.
Result<CurveKeyFile> parse_curve_keys(std::string_view text);

}  // namespace troupe::conf
