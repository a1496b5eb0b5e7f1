#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/value.h"
#include "lib/stats/process_info.h"

namespace troupe {

/// One watcher and the processes it has now.
struct WatcherProcesses {
  std::string name;  ///< as the configuration writes it
  std::vector<stats::WatchedProcess> processes;
};

/// A question about the processes of some watchers and their direct children, and how far its answer is:
/// Collector::go_on reads one process after the other.
struct Survey {
  Survey(std::string about, std::vector<WatcherProcesses> of)
      : key(std::move(about)), watchers(std::move(of)) {}

  std::string key;  ///< who asks the same may share the answer
  std::vector<WatcherProcesses> watchers;
  /// The answer: watcher → (pid as text → info); a watcher without processes has `{}`.
  Value infos = Value::object();

  /// The process at work, when its children are still to be read.
  struct Parent {
    stats::ProcessReading reading;
    std::vector<int> children;
    std::size_t next_child = 0;
    Value::Array infos{};
  };
  std::size_t watcher = 0, process = 0;  ///< the next one
  std::optional<Parent> parent{};

  std::size_t size() const {
    std::size_t count = 0;
    for (const WatcherProcesses& one : watchers) count += one.processes.size();
    return count;
  }
  bool has_begun() const { return !infos.as_object()->empty(); }
};

}  // namespace troupe
