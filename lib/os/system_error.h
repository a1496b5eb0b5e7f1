#pragma once

#include <string_view>

#include "lib/base/error.h"

namespace troupe::os {

/// Error of kind `system`: "call subject: strerror", or "call: strerror" without a subject.
Error system_error(std::string_view call, std::string_view subject, int number);

}  // namespace troupe::os
