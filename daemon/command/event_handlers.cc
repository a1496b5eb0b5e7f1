#include "daemon/command/event_handlers.h"

#include "daemon/command/arbiter_handlers.h"
#include "daemon/command/watcher_state.h"
#include "lib/api/events.h"
#include "lib/conf/option_set.h"
#include "lib/json/reader.h"
#include "lib/json/writer.h"

namespace troupe::command {

namespace {

constexpr std::int64_t largest_page = 1000;
constexpr std::size_t page_bytes = 4 << 20;     // a reply stays well below max_message
constexpr std::size_t largest_event = 1 << 20;  // of what a client publishes

Result<void> check_since(const core::EventRing& ring, std::uint64_t since) {
  if (since + 1 >= ring.oldest()) return {};
  return make_error(Code::invalid, "events " + std::to_string(since + 1) + ".." +
                                       std::to_string(ring.oldest() - 1) + " are gone");
}

}  // namespace

Result<Value> events(Call& call) {
  const core::EventRing& ring = call.desk.ring;
  const std::int64_t limit = call.args.integer("limit");
  if (limit < 1 || limit > largest_page) {
    return make_error(Code::invalid,
                      "'limit' is " + std::to_string(limit) + ", not 1 to " + std::to_string(largest_page));
  }
  if (call.args.has("boot") && call.args.value("boot") != Value(call.desk.boot)) {
    return make_error(Code::invalid, "boot is " + call.desk.boot + " now; events of another boot are gone");
  }
  std::uint64_t since = ring.oldest() - 1;
  if (call.args.has("since")) {
    if (call.args.integer("since") < 0) return make_error(Code::invalid, "'since' is negative");
    since = static_cast<std::uint64_t>(call.args.integer("since"));
    if (auto kept = check_since(ring, since); !kept) return kept.error();
  }
  const auto page = ring.after(since, static_cast<std::size_t>(limit), call.args.text("topic"), page_bytes);
  Value::Array events;
  events.reserve(page.events.size());
  json::Reader reader;
  for (const core::EventRing::Event* event : page.events) {
    Value entry = Value::object();
    entry.append("topic", event->topic);
    auto payload = reader.parse(event->payload);
    if (payload && payload->as_object()) {
      for (Member& member : *payload->as_object()) {
        if (member.key != "topic") entry.append(std::move(member.key), std::move(member.value));
      }
    }
    events.push_back(std::move(entry));
  }
  return Value::object()
      .set("events", std::move(events))
      .set("next", page.next)
      .set("oldest", ring.oldest())
      .set("last", ring.last())
      .set("boot", call.desk.boot);
}

Result<Value> listen(Call&) {
  return make_error(Code::invalid, "invalid message. use a pub/sub socket");
}

Result<Value> publish(Call& call) {
  const std::string& topic = call.args.text("topic");
  if (auto allowed = api::check_published_topic(topic); !allowed) return allowed.error();
  const Value& data = call.args.value("data");
  if (json::write(data).size() > largest_event) {
    return make_error(Code::limit, "the data of '" + topic + "' is larger than 1 MiB");
  }
  const auto seq = call.desk.arbiter.publish(topic, data);
  if (!seq) return seq.error();
  return Value::object().set("seq", *seq);
}

Result<Value> snapshot(Call& call) {
  const Clock& clock = call.desk.arbiter.clock();
  Value watchers = Value::object(), plugins = Value::array();
  for (const core::Watcher* watcher : call.world().watchers()) {
    Value::Array processes;
    for (const auto& [id, slot] : watcher->slots()) {
      if (slot.has_pid()) processes.push_back(process_state(slot, clock));
    }
    watchers.append(watcher->name(), Value::object()
                                         .set("state", core::to_text(watcher->state()))
                                         .set("options", conf::all_options(watcher->config()))
                                         .set("processes", std::move(processes)));
    if (watcher->config().plugin) plugins.push(watcher->name());
  }
  return Value::object()
      .set("seq", call.desk.ring.last())
      .set("boot", call.desk.boot)
      .set("watchers", std::move(watchers))
      .set("sockets", managed_sockets(call.world()))
      .set("plugins", std::move(plugins));
}

}  // namespace troupe::command
