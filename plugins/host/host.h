#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/event_cursor.h"
#include "lib/json/reader.h"
#include "lib/loop/deferred.h"
#include "lib/loop/loop.h"
#include "lib/loop/signal_watch.h"
#include "lib/loop/timer_watch.h"
#include "lib/wire/client.h"
#include "lib/wire/context.h"
#include "lib/wire/subscriber.h"
#include "lib/wire/zmq_watch.h"
#include "plugins/host/plugin.h"

namespace troupe::plugins {

/// Runs one plugin: listens to the bus, fills the gaps, ends at SIGTERM, SIGINT or Services::stop.
class Host : private Services {
 public:
  static Result<std::unique_ptr<Host>> open(const wire::Context& context, const std::string& endpoint,
                                            const std::string& pubsub,
                                            const std::optional<wire::ClientKeys>& keys = {});
  ~Host() override;

  /// Makes the plugin and runs it to its end. Returns the exit status.
  int run(const PluginRow& row, const Config& config);

 private:
  class Repeater;

  Host(wire::Client client, wire::Subscriber subscriber);

  Result<Value> call(std::string_view command, const Value& properties, Duration timeout) override;
  void cast(std::string_view command, const Value& properties) override;
  void every(Duration period, Callback<void()> on_turn) override;
  void stop(int status) override;
  void hear_again(const Start& start) override;
  loop::Loop& loop() override { return loop_; }

  void note_beginning();
  void on_message(wire::Frames& frames);
  void hear(wire::Message message);
  void on_round_end();
  void on_silence();
  void on_signal(int signum);
  void fill_gap();
  bool ask(const Value& question, Duration timeout);
  void catch_up();
  void deliver(const std::vector<api::Event>& events);

  wire::Client client_;
  wire::Subscriber subscriber_;
  json::Reader reader_;
  api::EventCursor cursor_;
  std::optional<Start> beginning_;  ///< of a plugin that starts now
  loop::Loop loop_;
  std::unique_ptr<Plugin> plugin_;
  int status_ = 0;
  bool ended_ = false;  ///< the plugin gets no more events
  loop::SignalWatch terminate_, interrupt_;
  loop::Deferred round_end_;
  loop::TimerWatch ask_again_;
  loop::TimerWatch silence_;  ///< after an event: the mark is overdue
  std::vector<std::unique_ptr<Repeater>> repeaters_;
};

}  // namespace troupe::plugins
