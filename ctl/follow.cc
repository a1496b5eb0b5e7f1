#include "ctl/follow.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ctl/one_shot.h"
#include "ctl/output.h"
#include "ctl/render_values.h"
#include "lib/base/text.h"
#include "lib/conf/endpoint.h"
#include "lib/json/reader.h"
#include "lib/os/reader.h"
#include "lib/wire/subscriber.h"

namespace troupe::ctl {

namespace {

constexpr Duration patience_for_events = 5s;
constexpr Duration retry_delay = 500ms;      ///< until a question is asked again that nobody answered
constexpr std::size_t much_text = 64 << 10;  ///< is written before more is read

class Follower {
 public:
  Follower(const Following& wanted, Daemon& daemon, wire::Subscriber subscriber, Look look)
      : wanted_(wanted), daemon_(daemon), subscriber_(std::move(subscriber)), look_(look) {
    if (wanted.since) cursor_ = api::EventCursor::after(*wanted.since);
  }

  Outcome run() {
    for (;;) {
      ask();
      if (!write()) return ended();
      if (done() || os::is_reader_gone(STDOUT_FILENO)) return {};
      const bool awaits_mark = cursor_.awaits_mark();
      const Duration most = awaits_mark ? api::EventCursor::mark_patience : wire::for_ever;
      if (!subscriber_.socket().wait(std::min(until_question_, most), {.output = STDOUT_FILENO}) &&
          awaits_mark)
        cursor_.want_rest();
      drain();
    }
  }

 private:
  bool done() const { return wanted_.limit && printed_ >= *wanted_.limit; }

  /// Fetches what is missing, if anything is. Without an answer it is tried again after the next wait.
  void ask() {
    until_question_ = wire::for_ever;
    while (auto question = cursor_.question()) {
      const auto reply = daemon_.call("events", *question, patience_for_events);
      if (!reply) {
        if (cursor_.on_no_reply()) until_question_ = retry_delay;
        return;
      }
      print(cursor_.on_reply(*reply));
      if (const auto reason = cursor_.take_refusal()) {
        write_all(STDERR_FILENO, "troupectl: events are missing and cannot be fetched: " + *reason + "\n");
      }
      if (const auto loss = cursor_.take_loss()) {
        write_all(STDERR_FILENO, "troupectl: events " + std::to_string(loss->first) + ".." +
                                     std::to_string(loss->last) + " are gone\n");
      }
      if (text_.size() > much_text) {
        until_question_ = Duration::zero();
        return;
      }
    }
  }

  void hear(const wire::Message& message) {
    auto data = reader_.parse(message.text);
    if (!data) return;  // whatever it is, it is no event
    print(cursor_.on_message(message.topic, std::move(*data)));
  }

  void drain() {
    while (text_.size() < much_text) {
      auto message = subscriber_.receive();
      if (!message) return;
      hear(*message);
    }
  }

  void print(const std::vector<api::Event>& events) {
    for (const api::Event& event : events) {
      if (done()) return;
      if (!is_wanted(event.topic)) continue;
      text_ += wanted_.json ? event_json(event) : render_event(event, look_);
      ++printed_;
    }
  }

  bool is_wanted(std::string_view topic) const {
    return wanted_.topics.empty() || std::any_of(wanted_.topics.begin(), wanted_.topics.end(),
                                                 [&](const std::string& t) { return topic.starts_with(t); });
  }

  bool write() {
    const bool written = write_all(STDOUT_FILENO, text_);
    text_.clear();
    return written;
  }

  static Outcome ended() {
    if (errno == EPIPE) return {};
    return {Exit::client, {}, cannot_write()};
  }

  const Following& wanted_;
  Daemon& daemon_;
  wire::Subscriber subscriber_;
  const Look look_;
  json::Reader reader_;
  api::EventCursor cursor_;
  std::string text_;
  std::int64_t printed_ = 0;
  Duration until_question_ = wire::for_ever;  ///< the next one that is known now
};

}  // namespace

Following following(const Value& properties, bool json) {
  Following wanted;
  wanted.json = json;
  if (const auto topic = text_or(properties, "topic", ""); !topic.empty()) wanted.topics.emplace_back(topic);
  if (const Value* topics = properties.find("topics"); topics && topics->as_array()) {
    for (const Value& topic : *topics->as_array()) wanted.topics.push_back(*topic.as_text());
  }
  if (const Value* since = properties.find("since"); since && since->as_int())
    wanted.since = *since->as_int();
  if (const Value* limit = properties.find("limit"); limit && limit->as_int())
    wanted.limit = *limit->as_int();
  return wanted;
}

Outcome follow(const Following& wanted, Daemon& daemon, const std::string& control_endpoint,
               const wire::Context& context, const Surroundings& around, Look look) {
  const auto reply =
      daemon.call("globaloptions", Value::object().set("option", "pubsub_endpoint"), patience_for_events);
  if (!reply) return {Exit::client, {}, reply.error().text};
  if (is_error(*reply)) return {Exit::refused, {}, plain(*reply, "reason")};
  const Value* options = reply->find("options");
  const std::string endpoint = options ? plain(*options, "pubsub_endpoint") : std::string();
  if (endpoint.empty()) return {Exit::client, {}, "the daemon does not tell where it publishes events"};
  const auto keys = wire::load_client_keys(around.keys);
  if (!keys) return {Exit::client, {}, keys.error().text};
  auto subscriber =
      wire::Subscriber::connect(context, conf::reachable(endpoint, control_endpoint), {}, *keys);
  if (!subscriber) return {Exit::client, {}, subscriber.error().text};
  leave_on_signals();
  return Follower(wanted, daemon, std::move(*subscriber), look).run();
}

}  // namespace troupe::ctl
