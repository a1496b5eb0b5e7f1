#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::core {

/// The last events of the bus, bounded by bytes (option `event_ring`): who has missed some asks for them by
/// number. Pure.
class EventRing {
 public:
  struct Event {
    std::uint64_t seq;
    std::string topic;
    std::string payload;
  };

  explicit EventRing(std::size_t bytes) : bound_(bytes) {}

  std::uint64_t next_seq() const { return last_ + 1; }
  /// Must be called with next_seq(); drops the oldest ones beyond the bound (never the newest).
  void push(std::uint64_t seq, std::string topic, std::string payload);

  std::uint64_t last() const { return last_; }
  /// last() + 1 when nothing is kept.
  std::uint64_t oldest() const { return events_.empty() ? last_ + 1 : events_.front().seq; }

  /// A page looks at no more events than that, however few of them begin with the prefix: others wait.
  static constexpr std::size_t most_looked_at = 20'000;

  /// Events after `since` whose topic begins with `prefix`, at most `limit` and about `max_bytes` of payload.
  /// `next` is the number up to which everything has been looked at; there may be more after an empty page.
  struct Page {
    std::vector<const Event*> events;
    std::uint64_t next;
  };
  Page after(std::uint64_t since, std::size_t limit, std::string_view prefix, std::size_t max_bytes) const;

 private:
  static std::size_t cost(const Event& event) {
    return sizeof(Event) + event.topic.size() + event.payload.size();
  }

  std::size_t bound_;
  std::size_t used_ = 0;
  std::uint64_t last_ = 0;
  std::deque<Event> events_;
};

}  // namespace troupe::core
