#include "daemon/events.h"

#include <atomic>

#include "lib/log/log.h"

namespace troupe {

Events::Events(loop::Loop& loop, wire::Socket& publisher, const Clock& clock, std::string boot,
               std::size_t ring_bytes)
    : publisher_(publisher),
      clock_(clock),
      boot_(std::move(boot)),
      ring_(ring_bytes),
      unread_(std::make_shared<std::atomic<std::size_t>>(0)),
      mark_(loop, loop::TimerWatch::OnTimer::to<&Events::mark>(*this)) {}

std::uint64_t Events::publish(std::string_view topic, const Value& data) {
  const std::uint64_t seq = ring_.next_seq();
  const std::string_view payload =
      writer_.members(data).integer("seq", static_cast<std::int64_t>(seq)).text("boot", boot_).finish();
  ring_.push(seq, std::string(topic), std::string(payload));
  send(seq, topic, payload);
  mark_.set_in(mark_delay);
  return seq;
}

/// A full queue of one subscriber is his gap to notice: PUB drops, the mark and the ring mend it.
void Events::send(std::uint64_t seq, std::string_view topic, std::string_view payload) {
  if (unread() + payload.size() > most_queued) {
    log::debug("event {} is not sent: subscribers leave {} bytes unread", seq, unread());
    return;
  }
  if (auto sent = publisher_.send({std::string(topic), std::string(payload)}, unread_); !sent) {
    log::debug("event {}: {}", seq, sent.error().text);
  }
}

Result<void> Events::check_room() const {
  if (unread() <= most_unread) return {};
  return make_error(Code::limit, "subscribers leave " + std::to_string(unread()) +
                                     " bytes of events unread, more than " + std::to_string(most_unread) +
                                     "; publish again when they have read, or are gone");
}

void Events::mark() {
  const std::string_view payload = writer_.number("time", clock_.wall(clock_.now()))
                                       .integer("seq", static_cast<std::int64_t>(ring_.last()))
                                       .text("boot", boot_)
                                       .finish();
  if (auto sent = publisher_.send({"arbiter.mark", payload}); !sent) {
    log::debug("mark: {}", sent.error().text);
  }
}

void Events::on_message(wire::Frames& frames) {
  const bool subscribed = frames.size() == 1 && !frames.front().empty() && frames.front().front() == 1;
  if (subscribed) mark_.set_in(mark_delay);
}

}  // namespace troupe
