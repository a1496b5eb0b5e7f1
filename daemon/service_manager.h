#pragma once

#include <string>
#include <string_view>

#include "daemon/core/world.h"
#include "lib/base/callback.h"
#include "lib/loop/timer_watch.h"

namespace troupe {

/// Tells the service manager above the daemon (systemd: sd_notify(3)) that it serves, reloads, stops and
/// lives, and how much it runs. All of it comes from the loop, so a sign of life means that the loop goes
/// round.
class ServiceManager {
 public:
  using Tell = Callback<bool(std::string_view lines)>;

  /// `watchdog`: a sign of life is wanted at least so often; half of it is the pause between two. Zero: none.
  ServiceManager(loop::Loop& loop, Tell tell, Duration watchdog);

  void on_ready(const core::World& world);
  /// Something may have changed. Beginnings and ends are told at once, once each; numbers after a second, so
  /// that a burst is one message.
  void on_change(const core::World& world, bool reloading);

  /// "12 watchers, 40 processes; 1 in trouble: web"
  static std::string status(const core::World& world);
  /// How long a stop may take in which nothing happens: the longest of the watchers, with a hook, then the
  /// longest of the plugins, and some time for us. Told again while something happens: of a chain of hooks
  /// each may take its time.
  static Duration longest_stop(const core::World& world);

 private:
  enum class Phase { starting, serving, reloading, stopping };

  void on_watchdog();
  void on_status();

  const loop::Loop& loop_;
  Tell tell_;
  Duration period_;
  const core::World* world_ = nullptr;
  Phase phase_ = Phase::starting;
  std::string told_;  ///< the last status
  loop::TimerWatch watchdog_;
  loop::TimerWatch status_;
};

}  // namespace troupe
