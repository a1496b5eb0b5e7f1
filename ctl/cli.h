#pragma once

#include <string>
#include <vector>

#include "ctl/settings.h"
#include "lib/base/result.h"

namespace troupe::ctl {

/// Reads the command line (without the program's name). Options of troupectl may stand before and after the
/// verb; of a verb whose last words are a command line (`add NAME CMD...`) they stand before these.
/// Errors are Code::invalid, a line for the person who typed it.
Result<Invocation> read_command_line(const std::vector<std::string>& words);

}  // namespace troupe::ctl
