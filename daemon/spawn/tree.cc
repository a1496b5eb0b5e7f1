#include "daemon/spawn/tree.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace troupe {

namespace {

constexpr int nobody = -1;

/// Finds for every row the place of its root, each row once.
class Owners {
 public:
  Owners(std::span<const TreeRow> rows, std::span<const TreeRoot> roots, std::span<const int> supervisors,
         std::span<const int> others)
      : rows_(rows),
        supervisors_(supervisors.begin(), supervisors.end()),
        others_(others.begin(), others.end()) {
    for (std::size_t i = 0; i < rows.size(); ++i) row_of_pid_.emplace(rows[i].pid, i);
    for (std::size_t i = 0; i < roots.size(); ++i) add_root(roots[i], static_cast<int>(i));
  }

  int owner_of(std::size_t row) {
    // The chain of parents up to one whose owner is known; then all of it has that owner.
    std::vector<std::size_t> chain;
    int owner = nobody;
    for (std::size_t at = row;;) {
      const auto [known, is_new] = owners_.emplace(at, nobody);
      if (!is_new) {
        owner = known->second;
        break;
      }
      chain.push_back(at);
      const TreeRow& process = rows_[at];
      if (ends_chain(process, owner)) break;
      const auto parent = row_of_pid_.find(process.ppid);
      if (parent == row_of_pid_.end()) break;
      at = parent->second;
    }
    for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
      if (owner == nobody) owner = own_tag(rows_[*at]);
      owners_[*at] = owner;
    }
    return owner;
  }

 private:
  void add_root(const TreeRoot& root, int place) {
    by_process_.emplace(root.process, place);
    for (const TreeMember& member : root.known)
      known_.emplace(member.pid, std::pair(place, member.start_time));
    if (root.pid <= 0) return;
    const auto row = row_of_pid_.find(root.pid);
    const bool reused = !root.alive && row != row_of_pid_.end() && !rows_[row->second].zombie;
    if (!reused) by_pid_.emplace(root.pid, place);
  }

  /// True when the row itself says whose it is, or that it is nobody's.
  bool ends_chain(const TreeRow& process, int& owner) const {
    if (process.zombie || supervisors_.count(process.pid) != 0) return true;
    if (const auto root = by_process_.find(process.cgroup); root != by_process_.end()) {
      owner = root->second;
      return true;
    }
    for (const int leader : {process.pid, process.session, process.group}) {
      if (leader <= 0) continue;  // the kernel's own, and those of processes outside the namespace
      if (const auto root = by_pid_.find(leader); root != by_pid_.end()) {
        owner = root->second;
        return true;
      }
    }
    if (is_other(process)) return true;
    const auto known = known_.find(process.pid);
    if (known == known_.end() || known->second.second != process.start_time) return false;
    owner = known->second.first;
    return true;
  }

  bool is_other(const TreeRow& process) const {
    for (const int leader : {process.pid, process.session, process.group}) {
      if (leader > 0 && others_.count(leader) != 0) return true;
    }
    return false;
  }

  int own_tag(const TreeRow& process) const {
    if (process.tag == 0 || process.zombie || supervisors_.count(process.pid) != 0 || is_other(process))
      return nobody;
    const auto root = by_process_.find(process.tag);
    return root == by_process_.end() ? nobody : root->second;
  }

  std::span<const TreeRow> rows_;
  std::unordered_set<int> supervisors_;
  std::unordered_set<int> others_;
  std::unordered_map<int, std::size_t> row_of_pid_;
  std::unordered_map<int, int> by_pid_;
  std::unordered_map<core::ProcessId, int> by_process_;
  std::unordered_map<int, std::pair<int, std::uint64_t>> known_;
  std::unordered_map<std::size_t, int> owners_;
};

}  // namespace

std::vector<std::vector<TreeMember>> find_members(std::span<const TreeRow> rows,
                                                  std::span<const TreeRoot> roots,
                                                  std::span<const int> supervisors,
                                                  std::span<const int> others) {
  std::vector<std::vector<TreeMember>> members(roots.size());
  Owners owners(rows, roots, supervisors, others);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const int owner = owners.owner_of(i);
    if (owner == nobody || rows[i].zombie) continue;
    const TreeRoot& root = roots[static_cast<std::size_t>(owner)];
    if (root.alive && rows[i].pid == root.pid) continue;
    members[static_cast<std::size_t>(owner)].push_back({rows[i].pid, rows[i].start_time});
  }
  return members;
}

}  // namespace troupe
