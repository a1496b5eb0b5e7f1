#pragma once

#include <span>
#include <vector>

#include "lib/os/directory.h"
#include "lib/os/proc_stat.h"

namespace troupe::os {

/// The processes that one pass over /proc saw. The pass is no snapshot: processes come and go while it runs,
/// so a parent may be missing and a child may be younger than the table. A process that may not be looked at
/// (hidepid) has no row.
class ProcTable {
 public:
  ProcTable() = default;
  explicit ProcTable(std::vector<ProcStat> rows);

  /// Every process of the machine (of our pid namespace). About 9 us a process.
  /// Error: /proc is not there, or a row could not be read for want of a descriptor or memory; a table that
  /// is short of rows for such a reason would be taken for the truth.
  static Result<ProcTable> read_all();
  /// Only these; one that is gone has no row. Error as above.
  static Result<ProcTable> read(std::span<const int> pids);

  std::span<const ProcStat> rows() const { return rows_; }  ///< by pid
  const ProcStat* find(int pid) const;
  /// The direct children, by pid; zombies included. The pointers live as long as the table.
  std::vector<const ProcStat*> children_of(int pid) const;

 private:
  std::vector<ProcStat> rows_;
  std::vector<std::uint32_t> by_parent_;  ///< places in rows_, by ppid and then pid
};

/// ProcTable::read_all in pieces, for who may not be held up: with thousands of processes it takes tens of
/// milliseconds.
class ProcScan {
 public:
  static Result<ProcScan> begin();
  /// Reads on, at most so many rows. True: that was the last. Error as ProcTable::read_all.
  Result<bool> go_on(int rows);
  ProcTable take() && { return ProcTable(std::move(rows_)); }

 private:
  explicit ProcScan(Directory proc) : proc_(std::move(proc)) {}

  Directory proc_;
  std::vector<ProcStat> rows_;
};

}  // namespace troupe::os
