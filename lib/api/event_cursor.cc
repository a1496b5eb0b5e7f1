#include "lib/api/event_cursor.h"

#include <algorithm>
#include <utility>

namespace troupe::api {

namespace {

/// More than this many held events are dropped: the ring has them, and is asked for them again.
constexpr std::size_t max_held = 10'000;
constexpr int page = 1000;  ///< the most that `events` gives at once

std::optional<std::int64_t> number(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  if (!value || !value->as_int()) return {};
  return *value->as_int();
}

bool is_error(const Value& reply) {
  const Value* status = reply.find("status");
  return !status || !status->as_text() || *status->as_text() != "ok";
}

}  // namespace

EventCursor EventCursor::after(std::int64_t seq, Value boot) {
  EventCursor cursor;
  cursor.boot_ = std::move(boot);
  cursor.position_ = seq;
  cursor.must_ask_ = true;
  return cursor;
}

EventCursor EventCursor::from_oldest() {
  EventCursor cursor;
  cursor.ask_oldest_ = true;
  return cursor;
}

void EventCursor::on_boot(const Value* boot) {
  if (!boot || boot->is_null() || *boot == boot_) return;
  const bool another = !boot_.is_null();
  boot_ = *boot;
  if (!another) return;
  position_ = 0;
  target_ = 0;
  held_.clear();
}

std::vector<Event> EventCursor::on_message(std::string topic, Value data) {
  std::vector<Event> out;
  const auto seq = number(data, "seq");
  if (!seq) {
    out.push_back({std::move(topic), std::move(data)});
    return out;
  }
  on_boot(data.find("boot"));
  const bool mark = topic == "arbiter.mark";
  awaits_mark_ = !mark;
  if (!position_ && !ask_oldest_ && !asked_) position_ = mark ? *seq : *seq - 1;
  target_ = std::max(target_, *seq);
  if (mark || (position_ && *seq <= *position_)) return out;

  if (held_.size() >= max_held) held_.clear();
  held_.push_back({std::move(topic), std::move(data)});
  if (!asked_ && !ask_oldest_ && !must_ask_) release_held(out);
  return out;
}

void EventCursor::release_held(std::vector<Event>& out) {
  while (!held_.empty()) {
    const std::int64_t seq = *number(held_.front().data, "seq");
    if (position_ && seq > *position_ + 1) return;
    if (!position_ || seq == *position_ + 1) {
      position_ = seq;
      out.push_back(std::move(held_.front()));
    }
    held_.pop_front();
  }
}

std::optional<Value> EventCursor::question() {
  if (asked_) return {};
  if (!must_ask_ && !ask_oldest_ && !wants_rest_ && (!position_ || *position_ >= target_)) return {};
  asked_ = true;
  Value properties = Value::object();
  if (!ask_oldest_) {
    properties.set("since", *position_);
    if (!boot_.is_null()) properties.set("boot", boot_);
  }
  properties.set("limit", page);
  return properties;
}

std::vector<Event> EventCursor::on_reply(const Value& reply) {
  std::vector<Event> out;
  asked_ = false;
  if (is_error(reply)) {
    ask_oldest_ = true;
    if (++failures_ == 2) give_up(reply, out);
    return out;
  }
  failures_ = 0;
  wants_rest_ = awaits_mark_ = false;  // up to now nothing is missing
  on_boot(reply.find("boot"));
  must_ask_ = ask_oldest_ = false;
  if (const Value* events = reply.find("events"); events && events->as_array()) {
    for (const Value& event : *events->as_array()) {
      const auto seq = number(event, "seq");
      const Value* topic = event.find("topic");
      if (!seq || !topic || !topic->as_text() || (position_ && *seq <= *position_)) continue;
      if (position_ && *seq > *position_ + 1) lose_up_to(*seq - 1);
      position_ = *seq;
      Event copy{*topic->as_text(), event};
      Value::Object& members = *copy.data.as_object();
      members.erase(
          std::find_if(members.begin(), members.end(), [](const Member& m) { return m.key == "topic"; }));
      out.push_back(std::move(copy));
    }
  }
  const std::int64_t last = number(reply, "last").value_or(0);
  if (!position_) position_ = last;
  if (out.empty() && last > *position_) lose_up_to(last);  // an empty answer that should not be: never loop
  release_held(out);
  target_ = std::max({target_, last, held_.empty() ? 0 : *number(held_.back().data, "seq")});
  return out;
}

bool EventCursor::on_no_reply() {
  asked_ = wants_rest_ = false;
  return must_ask_ || ask_oldest_ || (position_ && *position_ < target_);
}

void EventCursor::want_rest() {
  awaits_mark_ = false;
  wants_rest_ = position_.has_value();
}

/// To go on with what comes is better than to hold it back for ever.
void EventCursor::give_up(const Value& reply, std::vector<Event>& out) {
  const Value* reason = reply.find("reason");
  refusal_ = reason && reason->as_text() ? *reason->as_text() : "no reason was given";
  failures_ = 0;
  must_ask_ = ask_oldest_ = wants_rest_ = false;
  for (Event& event : std::exchange(held_, {})) {
    const std::int64_t seq = *number(event.data, "seq");
    if (position_ && seq <= *position_) continue;
    if (position_ && seq > *position_ + 1) lose_up_to(seq - 1);
    position_ = seq;
    out.push_back(std::move(event));
  }
  if (position_ && *position_ < target_) lose_up_to(target_);
  target_ = position_.value_or(0);
}

std::optional<std::string> EventCursor::take_refusal() {
  return std::exchange(refusal_, std::nullopt);
}

void EventCursor::lose_up_to(std::int64_t seq) {
  loss_ = Loss{loss_ ? std::min(loss_->first, *position_ + 1) : *position_ + 1, seq};
  position_ = seq;
}

std::optional<EventCursor::Loss> EventCursor::take_loss() {
  return std::exchange(loss_, std::nullopt);
}

}  // namespace troupe::api
