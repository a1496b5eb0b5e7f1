#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/os/fd.h"

namespace troupe::os {

/// The file `/proc/PID/NAME` as far as it goes, at most what the buffer holds; one open, one read.
/// `directory` is an open descriptor of /proc, or AT_FDCWD (the path is then taken from the root). Errors:
/// not_found = the process is gone; refused = it is there and may not be looked at (hidepid); system =
/// anything else, such as no free descriptor, which says nothing about the process.
Result<std::string_view> read_proc_file(int directory, int pid, std::string_view name,
                                        std::span<char> buffer);

/// One such file that is read again and again.
class ProcFile {
 public:
  /// `name` outlives the object.
  ProcFile(int pid, const char* name) : pid_(pid), name_(name) {}

  /// Reads through a descriptor of its own from now on. Half the work, and what is read is never that of
  /// another process that has got the same pid; but the kernel holds a page of memory for it until it is
  /// closed. False: there is no descriptor, and it stays as it was.
  bool keep_open();

  /// As read_proc_file.
  Result<std::string_view> read(std::span<char> buffer) const;

 private:
  int pid_;
  const char* name_;
  Fd file_;
};

/// A file as a whole, which comes in pieces of a page; nothing when it cannot be opened. For files of the
/// kernel that have no fixed length.
std::optional<std::string> read_whole_file(const std::string& path);

}  // namespace troupe::os
