#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/effects.h"
#include "daemon/core/stream/tail.h"

namespace troupe::core {

/// Which lines the command `logs` asks for.
struct LogQuery {
  std::string watcher;  ///< its name in lower case
  std::optional<int> wid;
  std::optional<Output> output;
  std::optional<std::uint64_t> since;  ///< only lines after this number; without it the last ones
  std::size_t limit = 100;
};

struct LogLine {
  int wid;
  int pid;
  Output output;
  Tail::Line line;
};

struct LogPage {
  std::vector<LogLine> lines;  ///< in the order of their arrival
  std::uint64_t next = 0;      ///< the `since` of the next question
};

/// The last output of every process that has a stream, living or recently dead, for the command `logs`. Pure.
///
/// Bounds: `each` bytes for an output of a process and `all` bytes together; when there are so many tails
/// that these disagree, each may have less. Of dead processes the last few of each watcher are kept.
class Tails {
 public:
  struct Bounds {
    std::size_t each = 64 << 10;
    std::size_t all = 32 << 20;
  };
  static constexpr std::size_t dead_of_a_watcher = 4;
  static constexpr std::size_t dead_at_most = 1024;
  static constexpr std::size_t page_bytes = 4 << 20;  ///< lines of one answer

  explicit Tails(Bounds bounds) : bounds_(bounds) {}

  /// Something that a process wrote. `watcher` is its name in any case.
  void append(ProcessId process, std::string_view watcher, int wid, int pid, Output output,
              std::string_view bytes, double time);
  /// Nothing more will come of it.
  void close(ProcessId process, double time);

  LogPage read(const LogQuery& query) const;
  /// Whether read() with its `since` would give a line.
  bool has_news(const LogQuery& query) const;
  /// Bytes of memory of all tails.
  std::size_t memory() const { return memory_; }

 private:
  struct Entry {
    std::string watcher;
    int wid = 0;
    int pid = 0;
    bool dead = false;
    std::array<Tail, 2> tails;
  };
  using Entries = std::map<ProcessId, Entry>;

  std::size_t share() const;
  void keep_bounds();
  void bury(ProcessId process);
  void forget(ProcessId process);
  template <class Each>
  void for_each(const LogQuery& query, Each each) const;

  Bounds bounds_;
  Entries entries_;
  std::map<std::string, std::vector<ProcessId>, std::less<>> by_watcher_;
  std::deque<ProcessId> dead_;  ///< the oldest first
  std::uint64_t last_number_ = 0;
  std::size_t memory_ = 0;
};

}  // namespace troupe::core
