#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lib/base/value.h"

namespace troupe::ctl {

/// How often processes ended by themselves and were replaced, as the events tell: a reap without a kill
/// before it. By the watcher's name as it stands in topics, and the process's number in it.
class Restarts {
 public:
  void add(std::string_view topic, const Value& data);
  void clear();
  std::int64_t of(const std::string& watcher) const;
  std::int64_t of(const std::string& watcher, std::int64_t wid) const;
  /// The number of a process in its watcher, which the stream of statistics does not tell; -1: not known,
  /// because it was started before the oldest event.
  std::int64_t wid_of(std::int64_t pid) const;

 private:
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> counts_;
  std::unordered_map<std::int64_t, std::int64_t> wids_;  ///< by pid
  std::unordered_set<std::int64_t> killed_;              ///< pids that were told to end and are not reaped
};

/// What is known of one process or one watcher at one moment. Of a watcher the figures are sums, its age is
/// that of its oldest process.
struct TopEntry {
  std::string name;  ///< of the watcher; the pid of a process
  std::string state;
  std::string note;                ///< what is wrong; the command of a process
  std::optional<double> cpu, mem;  ///< percent; none: not known
  std::int64_t bytes = 0;          ///< resident
  double age = -1;                 ///< seconds; below 0: none
  std::int64_t restarts = 0;
  std::int64_t running = 0, wanted = 0;  ///< of a watcher
};

struct TopWatcher : TopEntry {
  std::vector<TopEntry> processes;
};

/// All watchers, from the replies to `status` and `stats`, where names may be in lower case.
std::vector<TopWatcher> read_sample(const Value& status, const Value& stats, const Restarts& restarts);

/// "1.45M" as bytes; 0 for anything else.
std::int64_t size_from_text(std::string_view text);
/// "1.4M", at most six columns.
std::string size_text(std::int64_t bytes);

}  // namespace troupe::ctl
