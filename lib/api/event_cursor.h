#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/duration.h"
#include "lib/base/value.h"

namespace troupe::api {

/// One event of the bus: its topic and its payload with `time`, `seq` and `boot`.
struct Event {
  std::string topic;
  Value data;

  bool operator==(const Event&) const = default;
};

/// Turns what a SUB socket delivers, which may miss messages, into every event once and in order. It owns no
/// socket: the caller feeds messages of the bus and answers of the `events` command, and asks what to ask.
///
///     for (Event& event : cursor.on_message(topic, payload)) handle(event);
///     if (auto properties = cursor.question()) reply = call("events", *properties);
///     for (Event& event : cursor.on_reply(reply)) handle(event);       // and look for a question again
///     if (auto loss = cursor.take_loss()) tell(*loss);                 // and so take_refusal()
///
/// A gap is seen by a `seq` that jumps, by `arbiter.mark` (which tells the last `seq` and is not delivered)
/// and by a `boot` that changes; of a new boot everything from its first event on is wanted. Events that come
/// while a question is out are held back and delivered after the answer. Events without `seq`, which a plain
/// Circus sends, pass through.
class EventCursor {
 public:
  /// Starts with the first event or mark it hears.
  EventCursor() = default;
  /// Wants everything after `seq` of that boot, or of whichever the daemon has; 0 wants all. Of another boot
  /// everything is wanted.
  static EventCursor after(std::int64_t seq, Value boot = {});
  /// Wants everything that the ring still holds.
  static EventCursor from_oldest();

  /// A message of the bus. Returns what may be handled now.
  std::vector<Event> on_message(std::string topic, Value data);

  /// The properties of the `events` command to send now; nothing when nothing is missing or a question is
  /// out already. Each question must be followed by on_reply or on_no_reply.
  std::optional<Value> question();
  /// After an event: the mark that follows the last one of a burst, or another event, is to come within
  /// mark_patience. If none does, the bus lost it: want_rest().
  bool awaits_mark() const { return awaits_mark_; }
  static constexpr Duration mark_patience = 1s;
  /// Wants all there is up to the next reply, as before an end and after a silence: question() gives one
  /// although nothing is known to be missing. Not before the first event or mark, when nobody knows where to
  /// begin.
  void want_rest();
  /// The reply object to the last question, an error reply included: an error means that events are gone for
  /// good, and the next question asks from the oldest one kept. After two in a row what is missing is given
  /// up: what was held back is handed out, and it goes on with what comes.
  std::vector<Event> on_reply(const Value& reply);
  /// The question was not answered (time-out). True: events are missing, and question() gives it again; what
  /// want_rest() wanted is forgotten.
  bool on_no_reply();

  /// Numbers of events that nobody can give any more, first to last; told once.
  struct Loss {
    std::int64_t first;
    std::int64_t last;
    bool operator==(const Loss&) const = default;
  };
  std::optional<Loss> take_loss();

  /// The last event that was handed out, when one is known.
  std::optional<std::int64_t> position() const { return position_; }
  /// Why what is missing was given up: the `reason` of the second of two error replies; told once.
  std::optional<std::string> take_refusal();

 private:
  void on_boot(const Value* boot);
  void release_held(std::vector<Event>& out);
  void lose_up_to(std::int64_t seq);
  void give_up(const Value& reply, std::vector<Event>& out);

  Value boot_;                            ///< null: not known yet
  std::optional<std::int64_t> position_;  ///< last seq handed out
  std::int64_t target_ = 0;               ///< highest seq known to exist
  bool must_ask_ = false;                 ///< ask whatever target_ says: it is not known yet what exists
  bool ask_oldest_ = false;
  bool wants_rest_ = false;
  bool asked_ = false;
  bool awaits_mark_ = false;
  int failures_ = 0;
  std::deque<Event> held_;  ///< after the gap, in order of arrival
  std::optional<Loss> loss_;
  std::optional<std::string> refusal_;
};

}  // namespace troupe::api
