#pragma once

#include <string>

#include "daemon/core/inputs.h"

namespace troupe::core {

/// How a process ended, to be read behind its name: "exited with status 3", "was killed by SIGSEGV, core
/// dumped".
std::string words_of(const Exit& exit);

/// What failed of a start, and what to do where that is no riddle: "exec /usr/bin/nosuch: No such file or
/// directory".
std::string words_of(const SpawnFailure& failure);

}  // namespace troupe::core
