#include "daemon/events.h"

#include <memory>
#include <utility>

#include "lib/log/log.h"

namespace troupe {

Events::Events(loop::Loop& loop, wire::Socket& publisher, const Clock& clock, std::string boot,
               std::size_t ring_bytes, int queue_of_each)
    : publisher_(publisher),
      clock_(clock),
      boot_(std::move(boot)),
      ring_(ring_bytes),
      queue_(static_cast<std::size_t>(queue_of_each)),
      unread_(std::make_shared<wire::BacklogCount>()),
      mark_(loop, loop::TimerWatch::OnTimer::to<&Events::mark>(*this)) {
  if (const int bell = unread_->hang_bell(); bell >= 0) {
    empty_.emplace(loop, bell, loop::Ready{.readable = true},
                   loop::FdWatch::OnReady::to<&Events::on_empty>(*this));
  }
}

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
  // Half: marks are in the queues as well, and are not counted.
  if (unread_->messages() >= queue_ / 2) may_have_lost_ = true;
  if (unread() + payload.size() > most_queued) {
    may_have_lost_ = true;
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
  if (may_have_lost_) unread_->ring_when_empty();
}

void Events::on_empty(loop::Ready) {
  unread_->hush();
  if (std::exchange(may_have_lost_, false)) mark_.set_in(mark_delay);
}

void Events::on_message(wire::Frames& frames) {
  const bool subscribed = frames.size() == 1 && !frames.front().empty() && frames.front().front() == 1;
  if (subscribed) mark_.set_in(mark_delay);
}

}  // namespace troupe
