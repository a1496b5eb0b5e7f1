#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/managed_sockets.h"
#include "daemon/core/retry.h"
#include "daemon/core/slot.h"
#include "daemon/core/spawn_queue.h"
#include "daemon/core/tickets.h"
#include "lib/conf/variables.h"

namespace troupe::core {

/// What all watchers of a world share: ids, chance, waiting callers and the queue of slots to start.
struct Common {
  explicit Common(std::uint64_t seed) : random(seed) {}

  Random random;
  conf::Variables environment;  ///< of the daemon
  ManagedSockets sockets;
  std::map<WatcherId, std::vector<std::string>> awaited;  ///< on_demand: sockets that each waits for now
  bool awaited_changed = false;                           ///< since the world looked
  Tickets tickets;
  SpawnQueue spawn_queue;
  std::map<ProcessId, std::pair<WatcherId, SlotId>> processes;  ///< those whose end is still to come
  std::map<SlotId, WatcherId> slots;
  std::map<int, WatcherId> strays;    ///< pids of what outlived a stop; at most max_strays
  std::map<HookId, WatcherId> hooks;  ///< those that run
  HookId last_hook = 0;
  SlotId last_slot = 0;
  ProcessId last_process = 0;
  int watchers_up = 0;             ///< watchers that are up (Watcher::up), without the plugins
  int plugins_up = 0;              ///< plugins that are up
  std::vector<WatcherId> stopped;  ///< watchers that came down since the world looked
};

}  // namespace troupe::core
