#pragma once

#include "daemon/alarm_queue.h"
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

 private:
  void ring();
  void arm();

  OnAlarm on_alarm_;
  AlarmQueue queue_;
  loop::TimerWatch timer_;
};

}  // namespace troupe
