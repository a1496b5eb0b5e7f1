#pragma once

#include <set>
#include <string>
#include <string_view>

#include "lib/base/value.h"

namespace troupe::plugins::stats {

/// `stat.web.4711`: one process, or one socket, of a group.
std::string topic_of(std::string_view group, int part);
/// `stat.web`: the group as a whole.
std::string topic_of(std::string_view group);

/// Watchers that the stream leaves out, as Circus does: their processes are in the group `circus`.
bool is_left_out(std::string_view watcher);

/// The processes of a group as a whole: `pid`, `cpu` (the mean), `mem` (the sum), `age` (that of the oldest).
/// As Circus has it, each of the three is "N/A" as soon as one process has no number there, and a group
/// without processes has [], 0.0, 0 and "N/A".
class Totals {
 public:
  /// `info` is the object of one process.
  void add(int pid, const Value& info);
  Value value() const;

 private:
  struct Sum {
    double sum = 0, most = 0;
    bool known = true;
    void add(const Value* number);
  };

  Value::Array pids_;
  Sum cpu_, mem_, age_;
};

/// Who listens, by what an XPUB socket tells: a 1 and a prefix of topics for the first who wants it, a 0 when
/// the last one has left.
class Audience {
 public:
  void on_message(std::string_view message);
  /// Whether somebody wants a topic of ours.
  bool is_there() const;

 private:
  std::set<std::string, std::less<>> prefixes_;
};

}  // namespace troupe::plugins::stats
