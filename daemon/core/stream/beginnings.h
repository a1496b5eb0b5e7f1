#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace troupe::core {

/// Which file has a path now.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};

/// When the files that are rotated by the clock were begun. It outlives the processes that write to a file:
/// if they live shorter than the interval, each would begin it anew. Pure.
class Beginnings {
 public:
  /// Files that are remembered. With one more the file that was begun first is forgotten.
  static constexpr std::size_t most = 4096;

  /// Seconds since 1970; nothing: not known, or another file has the path now.
  std::optional<std::int64_t> find(const std::string& path, FileId file) const {
    const auto known = entries_.find(path);
    if (known == entries_.end() || known->second.file != file) return std::nullopt;
    return known->second.begun;
  }

  void keep(const std::string& path, FileId file, std::int64_t begun) {
    entries_[path] = {file, begun};
    if (entries_.size() <= most) return;
    auto first = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      if (at->first != path && (first == entries_.end() || at->second.begun < first->second.begun))
        first = at;
    }
    entries_.erase(first);
  }

 private:
  struct Entry {
    FileId file;
    std::int64_t begun = 0;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace troupe::core
