#include "plugins/host/host.h"

#include <csignal>
#include <utility>

#include "lib/log/log.h"

namespace troupe::plugins {

namespace {

constexpr Duration patience = 5s;     ///< with the daemon, when it is asked for missing events
constexpr Duration retry_delay = 1s;  ///< after it did not answer
constexpr Duration last_moment = 2s;  ///< for what was published before the signal that ends the plugin

api::EventCursor cursor_for(const Start& start) {
  switch (start.from) {
    case Start::From::oldest:
      return api::EventCursor::from_oldest();
    case Start::From::after:
      return api::EventCursor::after(start.seq, start.boot);
    case Start::From::now:
      break;
  }
  return {};
}

}  // namespace

/// A timer that sets itself again, on a fixed grid.
class Host::Repeater {
 public:
  Repeater(loop::Loop& loop, Duration period, Callback<void()> on_turn)
      : loop_(loop), period_(period), on_turn_(on_turn), at_(loop.now() + period) {
    timer_.set(at_);
  }

 private:
  void on_timer() {
    const Instant now = loop_.now();
    do {
      at_ += period_;
    } while (at_ <= now);
    timer_.set(at_);
    on_turn_();
  }

  loop::Loop& loop_;
  Duration period_;
  Callback<void()> on_turn_;
  Instant at_;
  loop::TimerWatch timer_{loop_, loop::TimerWatch::OnTimer::to<&Repeater::on_timer>(*this)};
};

Result<std::unique_ptr<Host>> Host::open(const wire::Context& context, const std::string& endpoint,
                                         const std::string& pubsub,
                                         const std::optional<wire::ClientKeys>& keys) {
  auto client = wire::Client::connect(context, endpoint, keys);
  if (!client) return client.error();
  auto subscriber = wire::Subscriber::connect(context, pubsub, {}, keys);
  if (!subscriber) return subscriber.error();
  return std::unique_ptr<Host>(new Host(*std::move(client), *std::move(subscriber)));
}

Host::Host(wire::Client client, wire::Subscriber subscriber)
    : client_(std::move(client)),
      subscriber_(std::move(subscriber)),
      terminate_(loop_, SIGTERM, loop::SignalWatch::OnSignal::to<&Host::on_signal>(*this)),
      interrupt_(loop_, SIGINT, loop::SignalWatch::OnSignal::to<&Host::on_signal>(*this)),
      round_end_(loop_, loop::Deferred::OnCall::to<&Host::on_round_end>(*this)),
      ask_again_(loop_, loop::TimerWatch::OnTimer::to<&Host::on_round_end>(*this)),
      silence_(loop_, loop::TimerWatch::OnTimer::to<&Host::on_silence>(*this)) {}

Host::~Host() = default;

int Host::run(const PluginRow& row, const Config& config) {
  plugin_ = row.make(*this, config);
  if (const auto ready = plugin_->handle_init(); !ready) {
    log::critical("plugin {}: {}", row.name, ready.error().text);
    return 1;
  }
  const Start start = plugin_->start();
  cursor_ = cursor_for(start);
  if (start.from == Start::From::now) note_beginning();
  {
    wire::ZmqWatch watch(loop_, subscriber_.socket(),
                         wire::ZmqWatch::OnMessage::to<&Host::on_message>(*this));
    round_end_.schedule();  // what is wanted from before is asked for at once
    loop_.run();
  }
  plugin_->handle_batch_end();
  plugin_->handle_stop();
  repeaters_.clear();
  plugin_.reset();
  return status_;
}

/// Where "now" is, for a plugin that ends before it has heard anything.
void Host::note_beginning() {
  const auto reply = client_.call("events", Value::object().set("limit", 1), patience);
  const Value* last = reply ? reply->find("last") : nullptr;
  const Value* boot = reply ? reply->find("boot") : nullptr;
  if (last && last->as_int() && boot) beginning_ = {Start::From::after, *last->as_int(), *boot};
}

void Host::on_message(wire::Frames& frames) {
  auto message = wire::to_message(frames);
  if (!message) return;
  hear(*std::move(message));
  round_end_.schedule();
}

void Host::hear(wire::Message message) {
  auto data = reader_.parse(message.text);
  if (!data || !data->as_object()) {
    log::warning("an event that is no JSON object was left out: {}", message.topic);
    return;
  }
  deliver(cursor_.on_message(std::move(message.topic), *std::move(data)));
}

void Host::deliver(const std::vector<api::Event>& events) {
  for (const api::Event& event : events) {
    if (ended_) return;
    plugin_->handle_recv(event.topic, event.data);
  }
}

void Host::on_round_end() {
  fill_gap();
  plugin_->handle_batch_end();
  if (cursor_.awaits_mark()) {
    silence_.set_in(api::EventCursor::mark_patience);
  } else {
    silence_.cancel();
  }
}

/// What was stopped, or read too slowly, may have lost the end of a burst and the mark behind it.
void Host::on_silence() {
  cursor_.want_rest();
  on_round_end();
}

/// One page at a time, so that signals and timers have their turn in a long catch-up.
void Host::fill_gap() {
  const auto question = cursor_.question();
  if (!question) return;
  if (ask(*question, patience)) {
    round_end_.schedule();
  } else {
    ask_again_.set_in(retry_delay);
  }
}

/// Whether it was answered.
bool Host::ask(const Value& question, Duration timeout) {
  const auto reply = client_.call("events", question, timeout);
  if (!reply) {
    if (cursor_.on_no_reply()) {
      log::warning("events are missing and cannot be asked for: {}", reply.error().text);
    }
    return false;
  }
  deliver(cursor_.on_reply(*reply));
  if (const auto reason = cursor_.take_refusal()) {
    log::error("events are missing and the daemon refuses to give them: {}", *reason);
    plugin_->handle_loss();
  }
  if (const auto loss = cursor_.take_loss()) {
    log::error("events {}..{} are lost: the daemon has them no more", loss->first, loss->last);
    plugin_->handle_loss();
  }
  return true;
}

/// The daemon ends plugins last, and publishes what it did before it signals them: that is still to be heard.
void Host::catch_up() {
  const Instant end = loop_.now() + last_moment;
  while (!ended_ && loop_.now() < end) {
    auto message = subscriber_.receive();
    if (!message) break;
    hear(*std::move(message));
  }
  if (!cursor_.position() && beginning_) cursor_ = cursor_for(*beginning_);
  cursor_.want_rest();
  while (!ended_) {
    const auto question = cursor_.question();
    if (!question) return;
    const Duration left = end - loop_.now();
    if (left > Duration::zero() && ask(*question, left)) continue;
    log::warning("the last events may be missing: the daemon did not give them within 2 s");
    return;
  }
}

void Host::on_signal(int) {
  catch_up();
  ended_ = true;
  loop_.stop();
}

Result<Value> Host::call(std::string_view command, const Value& properties, Duration timeout) {
  return client_.call(command, properties, timeout);
}

void Host::cast(std::string_view command, const Value& properties) {
  if (const auto sent = client_.cast(command, properties); !sent) {
    log::warning("{} could not be cast: {}", command, sent.error().text);
  }
}

void Host::every(Duration period, Callback<void()> on_turn) {
  repeaters_.push_back(std::make_unique<Repeater>(loop_, period, on_turn));
}

void Host::stop(int status) {
  status_ = status;
  ended_ = true;
  loop_.stop();
}

void Host::hear_again(const Start& start) {
  cursor_ = cursor_for(start);
  round_end_.schedule();
}

}  // namespace troupe::plugins
