#pragma once

#include <string>
#include <vector>

#include "lib/base/value.h"
#include "lib/conf/arbiter_config.h"
#include "lib/conf/option.h"

/// What `reloadconfig` has to do: the difference of two configurations, by whole sections. Circus compares
/// only the keys that both have, and starts everything anew when its root section changed; here every
/// difference counts, and only what changed is touched.
namespace troupe::conf {

/// A socket, watcher or plugin that is to be touched.
struct Change {
  enum class Kind {
    removed,  ///< not there any more: stop it and drop it
    added,    ///< new: make it, and start it if it is to start by itself
    resized,  ///< only `numprocesses` differs: adjust it in place
    changed,  ///< anything else: stop, drop, make, start
  };
  Kind kind = Kind::changed;
  std::string name;                  ///< of the newer one; a plugin's begins with `plugin:`
  std::vector<std::string> options;  ///< that differ, sorted; `env.NAME` for each variable
  std::vector<std::string> sockets;  ///< of a watcher: those that it uses and that are touched, sorted
  Apply apply = Apply::fixed;        ///< of a watcher: what `set` would have to do for all of these options

  bool operator==(const Change&) const = default;
};

struct Plan {
  std::vector<std::string> root;      ///< options of the root section that take effect now, sorted
  std::vector<std::string> restarts;  ///< those, `dialect` too, that need a new start of the daemon, sorted
  std::vector<Change> sockets;        ///< by name, removed ones first
  std::vector<Change> watchers;       ///< in the order to act: removed ones, then by priority and name

  bool is_empty() const { return root.empty() && restarts.empty() && sockets.empty() && watchers.empty(); }
  bool operator==(const Plan&) const = default;
};

/// What to do to come from one configuration to the other. `before` is what was read last, and the watchers
/// that were made by the command `add`; what `set` and `incr` did since does not count. Where in a file
/// something stands makes no difference. Names are compared as Circus does, without case.
Plan diff(const Config& before, const Config& after);

/// For the reply of `reloadconfig`: `{"root": […], "restarts": […], "sockets": {"added": [NAME…], "removed":
/// …, "changed": {NAME: [option…]}}, "watchers": {…, "resized": [NAME…]}}`.
Value shown_plan(const Plan& plan);

}  // namespace troupe::conf
