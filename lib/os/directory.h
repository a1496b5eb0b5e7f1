#pragma once

#include <dirent.h>

#include <memory>

namespace troupe::os {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
/// What opendir gave; closed at its end.
using Directory = std::unique_ptr<DIR, CloseDirectory>;

}  // namespace troupe::os
