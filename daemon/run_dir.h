#pragma once

#include <string>

#include "lib/base/result.h"

namespace troupe {

/// Makes the folder of the ipc endpoints, and checks that nobody else can put things into it: it is ours and
/// no link. Only we may enter it, mode 0700, or also `group` (-1: none), mode 0750: a folder that is more
/// open is closed. Folders above it are made as well when they are missing, and must be root's or ours, links
/// too, and not writable by everybody but for sticky ones. Errors name the folder and what
/// is wrong with it; one that others share (sticky, writable by everybody, or a folder of the system such as
/// `/run`) is an error and stays as it is.
/// `passable`: others may reach what they have the right to (mode 0711 or 0751), for an endpoint_owner.
Result<void> prepare_run_dir(const std::string& path, int group, bool passable = false);

}  // namespace troupe
