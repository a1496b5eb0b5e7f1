#pragma once

#include <map>
#include <set>
#include <utility>

#include "daemon/ports.h"
#include "lib/base/callback.h"
#include "lib/loop/timer_watch.h"

namespace troupe {

/// The clock and the alarms of the arbiter on one timer of the loop, however many keys there are.
class AlarmClock final : public Clock, public Alarms {
 public:
  using OnAlarm = Callback<void(const core::TimerKey&)>;

  AlarmClock(loop::Loop& loop, OnAlarm on_alarm);

  Instant now() const override;
  double wall(Instant at) const override;
  Instant monotonic(double wall) const override;
  void set(const core::TimerKey& key, Instant at) override;
  std::size_t pending() const { return times_.size(); }

 private:
  void ring();
  void arm();

  OnAlarm on_alarm_;
  std::map<core::TimerKey, Instant> times_;
  std::set<std::pair<Instant, core::TimerKey>> order_;
  loop::TimerWatch timer_;
};

}  // namespace troupe
