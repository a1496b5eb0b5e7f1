#pragma once

#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/spawn/tree.h"
#include "lib/base/result.h"

namespace troupe {

/// Makes the rows for find_members from /proc, and remembers what it read of environments, so that each
/// process costs that once as long as scans follow each other.
class TreeScan {
 public:
  /// `boot`: only a TROUPE_ID of this life of the keeper counts.
  explicit TreeScan(std::string boot) : mark_("TROUPE_ID=" + std::move(boot) + ".") {}

  /// One pass. `leaders` are all processes of ours: what is in their sessions and groups is told by that, so
  /// its environment is not read. Empty when is_blind(). Error: /proc could not be read now (no descriptor
  /// left).
  Result<std::vector<TreeRow>> scan(const std::unordered_set<int>& leaders);
  /// At the last scan there was no /proc, or that of another pid namespace, which numbers processes in its
  /// own way: nothing can be told by it.
  bool is_blind() const { return is_blind_; }
  void forget() { tags_.clear(); }

 private:
  void forget_gone(const std::vector<TreeRow>& rows);
  core::ProcessId tag_of(int pid, std::uint64_t start_time);
  core::ProcessId read_tag(int pid);

  std::string mark_;
  std::string buffer_;
  bool is_blind_ = false;
  std::map<std::pair<int, std::uint64_t>, core::ProcessId> tags_;
};

}  // namespace troupe
