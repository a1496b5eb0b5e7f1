#pragma once

#include "daemon/core/world.h"

namespace troupe::core {

/// The configuration read anew, and what it is compared with besides the watchers, which the world knows.
struct NewConfig {
  conf::Config now;
  conf::Config before;            ///< root section and sockets as they were read last
  conf::ArbiterConfig started{};  ///< the root section that counts until the daemon is started anew
};

/// What `reloadconfig` has to do. Compared are sections as files and the command `add` gave them: what `set`
/// and `incr` did since does not count, and a watcher that was removed comes back. Error: Code::refused, a
/// watcher that could run before has an error now, with file and line; nothing is to be done then.
Result<conf::Plan> make_reload_plan(const World& world, const NewConfig& config);

/// Whether `set` could make the one of the other while its processes go on.
bool is_live_change(const conf::WatcherConfig& from, const conf::WatcherConfig& to);

/// The plan in words, for the log: "added a; removed b; changed c (cmd); resized d". Empty: nothing.
std::string summary(const conf::Plan& plan);

}  // namespace troupe::core
