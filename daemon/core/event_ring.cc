#include "daemon/core/event_ring.h"

#include <algorithm>

namespace troupe::core {

void EventRing::push(std::uint64_t seq, std::string topic, std::string payload) {
  last_ = seq;
  events_.push_back({seq, std::move(topic), std::move(payload)});
  used_ += cost(events_.back());
  while (used_ > bound_ && events_.size() > 1) {
    used_ -= cost(events_.front());
    events_.pop_front();
  }
}

EventRing::Page EventRing::after(std::uint64_t since, std::size_t limit, std::string_view prefix,
                                 std::size_t max_bytes) const {
  Page page{{}, std::max(since, oldest() - 1)};
  if (events_.empty() || page.next >= last_) {
    page.next = last_;
    return page;
  }
  std::size_t bytes = 0;
  std::size_t looked_at = 0;
  for (auto event = events_.begin() + static_cast<std::ptrdiff_t>(page.next + 1 - oldest());
       event != events_.end() && page.events.size() < limit && bytes < max_bytes &&
       looked_at < most_looked_at;
       ++event, ++looked_at) {
    page.next = event->seq;
    if (!std::string_view(event->topic).starts_with(prefix)) continue;
    page.events.push_back(&*event);
    bytes += event->payload.size();
  }
  return page;
}

}  // namespace troupe::core
