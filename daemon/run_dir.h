#pragma once

#include <string>

#include "lib/base/result.h"

namespace troupe {

/// Makes the folder of the ipc endpoints, and checks that nobody else can put things into it: it is ours, no
/// link, and not writable by others. `group` (-1: none) may enter it: mode 0750 instead of 0700. Folders
/// above it are made as well when they are missing. Errors name the folder and what is wrong with it.
Result<void> prepare_run_dir(const std::string& path, int group);

}  // namespace troupe
