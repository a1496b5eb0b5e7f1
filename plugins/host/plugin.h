#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "lib/base/callback.h"
#include "lib/base/duration.h"
#include "lib/base/result.h"
#include "lib/base/value.h"
#include "plugins/host/config.h"

namespace troupe::loop {
class Loop;
}

namespace troupe::plugins {

/// The first event that a plugin gets.
struct Start {
  enum class From {
    now,     ///< the first one after it began to listen
    oldest,  ///< all that the daemon still has
    after,   ///< the one after `seq` of that `boot`; of a later boot all
  } from = From::now;
  std::int64_t seq = 0;
  Value boot{};
};

/// What the runner does for a plugin.
class Services {
 public:
  virtual ~Services() = default;
  /// Asks the daemon and waits for its whole reply, an error reply too. Error: no answer in time.
  virtual Result<Value> call(std::string_view command, const Value& properties, Duration timeout) = 0;
  /// Asks without an answer.
  virtual void cast(std::string_view command, const Value& properties) = 0;
  /// Calls back again and again until the plugin ends; a turn that came too late is left out, not made up
  /// for.
  virtual void every(Duration period, Callback<void()> on_turn) = 0;
  /// Ends the plugin after what runs now: handle_stop() is called, and this is the exit status.
  virtual void stop(int status) = 0;
  /// Hands events over again from there, and all that came since; for one that could not keep what it was
  /// given. Not from within handle_recv.
  virtual void hear_again(const Start& start) = 0;
  /// For plugins with descriptors of their own.
  virtual loop::Loop& loop() = 0;
};

/// A plugin: a process of its own that hears every event of the daemon once and in order, and may call it.
///
/// Handlers run one after another on the loop of the process. An event that the bus lost is fetched from the
/// daemon before later ones are handed over; what the daemon has no more is logged as lost.
class Plugin {
 public:
  explicit Plugin(Services& services) : services_(services) {}
  virtual ~Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  /// Before the first event; with an error the process ends with status 1.
  virtual Result<void> handle_init() { return {}; }
  /// Asked once, after handle_init.
  virtual Start start() { return {}; }
  /// An event: its topic and its object, with `time`, `seq` and `boot`.
  virtual void handle_recv(std::string_view topic, const Value& message) = 0;
  /// Events are gone for good: what was learnt from them before may be wrong. `snapshot` tells what is.
  virtual void handle_loss() {}
  /// After the events that came together, before the process sleeps: the moment to write them out.
  virtual void handle_batch_end() {}
  /// Once, at the end, also after SIGTERM and SIGINT.
  virtual void handle_stop() {}

 protected:
  Result<Value> call(std::string_view command, const Value& properties = Value::object(),
                     Duration timeout = 5s) {
    return services_.call(command, properties, timeout);
  }
  void cast(std::string_view command, const Value& properties = Value::object()) {
    services_.cast(command, properties);
  }
  void every(Duration period, Callback<void()> on_turn) { services_.every(period, on_turn); }
  void stop(int status = 0) { services_.stop(status); }
  void hear_again(const Start& start) { services_.hear_again(start); }
  Services& services() { return services_; }

 private:
  Services& services_;
};

using MakePlugin = std::unique_ptr<Plugin>(Services& services, const Config& config);

/// The maker of a plugin whose constructor takes the services and, if it wants it, its configuration.
template <class Type>
std::unique_ptr<Plugin> make_plugin(Services& services, [[maybe_unused]] const Config& config) {
  if constexpr (std::is_constructible_v<Type, Services&, const Config&>) {
    return std::make_unique<Type>(services, config);
  } else {
    return std::make_unique<Type>(services);
  }
}

/// What the registry knows of a plugin.
struct PluginRow {
  std::string_view name;
  std::string_view summary;  ///< one line
  std::span<const ConfigRow> options;
  MakePlugin* make;
};

/// The row of a plugin of that type.
template <class Type>
constexpr PluginRow row_of(std::string_view name, std::string_view summary,
                           std::span<const ConfigRow> options = {}) {
  return {name, summary, options, make_plugin<Type>};
}

/// The row of a plugin that is built in: what lib/conf knows of it, and its code.
constexpr PluginRow built_in(const conf::BuiltinPlugin& known, MakePlugin* make) {
  return {known.name, known.summary, known.options, make};
}

}  // namespace troupe::plugins
