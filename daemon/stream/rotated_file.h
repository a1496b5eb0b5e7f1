#pragma once

#include <string>

namespace troupe {

// What rotation does to files, and no more: a file and its compressed form are the same one to it.

/// Whether something has that name, a link that leads nowhere too.
bool is_taken(const std::string& path);
/// The name that it gets when it is compressed.
std::string compressed_name(const std::string& path);
/// 0 or an errno; that there is nothing to move is none.
int move_file(const std::string& from, const std::string& to);

}  // namespace troupe
