#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/value.h"

namespace troupe::plugins::stats {

/// Which watchers there are and which processes they have: learnt from one `snapshot`, kept up by events.
/// Pure.
///
/// Topics of events have underscores where a name has blanks, so the name of a watcher that was added later
/// is asked for when it has some.
class Roster {
 public:
  struct Watcher {
    std::string name;       ///< as `list` has it: in lower case, with its blanks
    std::vector<int> pids;  ///< in the order of their starts
  };

  /// `own`: the watcher of this very process, which is left out.
  explicit Roster(std::string own) : own_(std::move(own)) {}

  /// A reply to `snapshot` takes the place of all that was known.
  void take_snapshot(const Value& snapshot);
  void on_event(std::string_view topic, const Value& data);

  /// Whether a name is to be asked for, by `list`.
  bool wants_names() const { return wants_names_; }
  void take_names(const Value& list);

  /// By the names in topics of events.
  const std::map<std::string, Watcher, std::less<>>& watchers() const { return watchers_; }

  /// Processes that were there and are no more; told once.
  std::vector<int> take_gone() { return std::exchange(gone_, {}); }

 private:
  bool leaves_out(std::string_view name) const;
  void add_watcher(std::string_view topic_name);
  void remove_watcher(std::string_view topic_name);
  void add_process(std::string_view topic_name, int pid);
  void remove_process(int pid);

  const std::string own_;
  std::map<std::string, Watcher, std::less<>> watchers_;
  std::unordered_map<int, std::string> watcher_of_;
  std::vector<int> gone_;
  bool wants_names_ = false;
};

/// A managed socket: its number, which it has in this process too, and what `listsockets` says of where it
/// is.
struct ListedSocket {
  int fd;
  std::string address;  ///< `HOST:PORT`, or a path
  bool operator==(const ListedSocket&) const = default;
};

/// Those of a `snapshot` that a process with `count` sockets from number 3 on has got.
std::vector<ListedSocket> sockets_of(const Value& snapshot, int count);

}  // namespace troupe::plugins::stats
