#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Decisions about lines: what of the bytes that a process has written may go on now. Pure.
namespace troupe::core {

/// How much of the staged bytes may be written so that no line is cut: all of it up to the last newline. A
/// part of a line goes only when nothing will come after it (`closed`) or when nothing more fits (`full`).
/// Before `searched` there is no newline.
std::size_t writable(std::string_view staged, std::size_t searched, bool full, bool closed);

/// The length of the first line, its newline too; of all of it, if it has none.
std::size_t to_line_end(std::string_view bytes);

/// How much of `bytes` may go into a file of `size` bytes that is to stay below `max_bytes` (0: no bound):
/// whole lines. 0: rotate first. A line that is longer than the bound gets a file for itself, and the rest of
/// a line that is already in the file (`in_line`) follows it there.
std::size_t fitting(std::string_view bytes, std::int64_t size, std::int64_t max_bytes, bool in_line);

/// The offset to write at: `offset`, where our last write ended, but for a file that somebody else truncated
/// (copytruncate of logrotate) or appended to, which goes on at its end.
std::int64_t next_offset(std::int64_t offset, std::int64_t size);

}  // namespace troupe::core
