#pragma once

#include <string>

namespace troupe::os {

/// Whether /proc is mounted and that of our own pid namespace: any other numbers processes in its own way, so
/// what it says of a pid is about somebody else. One system call.
bool proc_is_ours();

/// The folder of the program that we run, without a `/` at its end; "": it cannot be told.
std::string own_folder();

}  // namespace troupe::os
