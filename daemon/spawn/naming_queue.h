#pragma once

#include <vector>

#include "daemon/core/effects.h"
#include "daemon/identities.h"
#include "lib/base/callback.h"
#include "lib/loop/deferred.h"

namespace troupe {

/// The spawns whose user is being looked up. One answer may be for all of them, and each start takes its
/// time: so those that can go on are handed out some in a turn of the loop.
class NamingQueue {
 public:
  using OnNamed = Callback<void(const core::Spawn&)>;

  /// `on_named`: start it again; its user may have to be asked for anew.
  NamingQueue(loop::Loop& loop, Identities::LookUp look_up, OnNamed on_named);

  /// Who it is to be; nullptr: that is being looked up, and on_named will come. Good until the next call.
  const Identity* find(const core::Spawn& spawn, Instant now);
  /// False when that process does not wait here: on_named would come too late.
  bool call_off(core::ProcessId process);
  bool is_news(const std::string& watcher, const std::string& user) {
    return identities_.is_news(watcher, user);
  }

 private:
  void on_identity();
  void hand_out();

  std::vector<core::Spawn> nameless_;  ///< whose user is being looked up
  std::vector<core::Spawn> named_;     ///< whose user is known, or was so when they were put here
  OnNamed on_named_;
  loop::Deferred due_;
  Identities identities_;
};

}  // namespace troupe
