#pragma once

#include <optional>
#include <string>

#include "daemon/core/event_ring.h"
#include "daemon/ports.h"
#include "lib/json/writer.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/timer_watch.h"
#include "lib/wire/socket.h"

namespace troupe {

/// The event endpoint: numbers each event, keeps it in the ring, then sends it (design decision D4). 200 ms
/// after the last event, and after each new subscription, `arbiter.mark` tells the last number, so that a
/// subscriber that lost the end of a burst sees it. Where queues were full the mark itself may have been lost
/// with it, so it is sent again when they are empty.
///
/// What subscribers have not read is counted in bytes, as libzmq bounds the number of messages only. What is
/// sent to several of them counts once.
class Events final : public EventBus {
 public:
  static constexpr Duration mark_delay = 200ms;
  /// With more than this unread no client may publish.
  static constexpr std::size_t most_unread = 64 << 20;
  /// With this much unread an event is kept but not sent: a gap, which the mark tells and the ring fills.
  static constexpr std::size_t most_queued = 2 * most_unread;

  Events(loop::Loop& loop, wire::Socket& publisher, const Clock& clock, std::string boot,
         std::size_t ring_bytes, int queue_of_each = queue);

  Result<void> check_room() const override;

  std::uint64_t publish(std::string_view topic, const Value& data) override;
  const core::EventRing& ring() const { return ring_; }
  /// Bytes that some subscriber has not read; libzmq's thread counts them down.
  std::size_t unread() const { return unread_->bytes(); }
  /// A subscription came, or went.
  void on_message(wire::Frames& frames);

 private:
  void mark();
  void on_empty(loop::Ready);
  void send(std::uint64_t seq, std::string_view topic, std::string_view payload);

  wire::Socket& publisher_;
  const Clock& clock_;
  std::string boot_;
  core::EventRing ring_;
  json::ObjectWriter writer_;
  const std::size_t queue_;
  bool may_have_lost_ = false;  ///< a queue was full, or nearly
  wire::Backlog unread_;
  std::optional<loop::FdWatch> empty_;
  loop::TimerWatch mark_;
};

}  // namespace troupe
