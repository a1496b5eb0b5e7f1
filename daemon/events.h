#pragma once

#include <string>

#include "daemon/core/event_ring.h"
#include "daemon/ports.h"
#include "lib/json/writer.h"
#include "lib/loop/timer_watch.h"
#include "lib/wire/socket.h"

namespace troupe {

/// The event endpoint: numbers each event, keeps it in the ring, then sends it (design decision D4). 200 ms
/// after the last event, and after each new subscription, `arbiter.mark` tells the last number, so that a
/// subscriber that lost the end of a burst sees it.
class Events final : public EventBus {
 public:
  static constexpr Duration mark_delay = 200ms;

  Events(loop::Loop& loop, wire::Socket& publisher, std::string boot, std::size_t ring_bytes);

  std::uint64_t publish(std::string_view topic, const Value& data) override;
  const core::EventRing& ring() const { return ring_; }
  /// A subscription came, or went.
  void on_message(wire::Frames& frames);

 private:
  void mark();

  wire::Socket& publisher_;
  std::string boot_;
  core::EventRing ring_;
  json::ObjectWriter writer_;
  loop::TimerWatch mark_;
};

}  // namespace troupe
