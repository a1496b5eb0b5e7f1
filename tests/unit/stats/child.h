#pragma once

#include <sys/types.h>

#include "daemon/stats/collector.h"
#include "lib/os/proc_children.h"

/// A child of the test that lives until it is told otherwise; killed and reaped at the end at the latest, and
/// by the kernel should the test die.
class Child {
 public:
  /// Waits until the child has taken the name (comm) and sleeps or, if asked, has ended and is left as a
  /// zombie.
  enum class Life { waits, ends };
  explicit Child(Life life = Life::waits, const char* comm = "waits");
  ~Child() { reap(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void reap();

 private:
  pid_t pid_;
  bool reaped_ = false;
};

/// A collector with what it needs.
struct Counted {
  troupe::loop::Loop loop;
  troupe::BackgroundNames names{loop};
  troupe::Collector collector{names};
  bool kernel_lists = troupe::os::lists_children();

  /// The whole answer at once.
  troupe::Value infos(std::vector<troupe::WatcherProcesses> watchers);
  troupe::Value info(const troupe::stats::WatchedProcess& process);
};
