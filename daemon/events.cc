#include "daemon/events.h"

#include "lib/log/log.h"
#include "lib/os/proc_machine.h"

namespace troupe {

Events::Events(loop::Loop& loop, wire::Socket& publisher, std::string boot, std::size_t ring_bytes)
    : publisher_(publisher),
      boot_(std::move(boot)),
      ring_(ring_bytes),
      mark_(loop, loop::TimerWatch::OnTimer::to<&Events::mark>(*this)) {}

std::uint64_t Events::publish(std::string_view topic, const Value& data) {
  const std::uint64_t seq = ring_.next_seq();
  const std::string_view payload =
      writer_.members(data).integer("seq", static_cast<std::int64_t>(seq)).text("boot", boot_).finish();
  ring_.push(seq, std::string(topic), std::string(payload));
  // A full queue of one subscriber is his gap to notice: PUB drops, the mark and the ring mend it.
  if (auto sent = publisher_.send({topic, payload}); !sent)
    log::debug("event {}: {}", seq, sent.error().text);
  mark_.set_in(mark_delay);
  return seq;
}

void Events::mark() {
  const std::string_view payload = writer_.number("time", os::wall_time())
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
