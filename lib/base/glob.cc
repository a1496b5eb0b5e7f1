#include "lib/base/glob.h"

#include <fnmatch.h>

#include <string>

namespace troupe {

bool glob_match(std::string_view pattern, std::string_view text) {
  return fnmatch(std::string(pattern).c_str(), std::string(text).c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace troupe
