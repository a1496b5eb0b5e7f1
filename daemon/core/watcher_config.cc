#include <memory>
#include <utility>
#include <vector>

#include "daemon/core/make_spec.h"
#include "daemon/core/watcher.h"

namespace troupe::core {

namespace {

/// Processes that had no stream have no pipe to us, and get one only by a new start.
bool is_redirected(const conf::StreamConfig& before, const conf::StreamConfig& now) {
  return before != now && before.is_set() && now.is_set();
}

}  // namespace

/// What a replacement brings. A stop that ends it brings it all the same, for the file says so.
void Watcher::take_config(Operation& operation) {
  if (!operation.config) return;
  const bool was_plugin = config_.plugin.has_value();
  config_ = *std::exchange(operation.config, nullptr);
  renew_hooks();
  share_given();
  if (!up_ || was_plugin == config_.plugin.has_value()) return;
  --(was_plugin ? common_.plugins_up : common_.watchers_up);
  ++(was_plugin ? common_.watchers_up : common_.plugins_up);
}

/// A section is large, and there are many watchers.
void Watcher::share_given() {
  if (given_ && *given_ == config_) given_.reset();
}

void Watcher::set_config(Turn& turn, conf::WatcherConfig config) {
  std::vector<Output> redirected;
  if (is_redirected(config_.stdout_stream, config.stdout_stream)) redirected.push_back(Output::out);
  if (is_redirected(config_.stderr_stream, config.stderr_stream)) redirected.push_back(Output::err);
  if (!given_) given_ = std::make_shared<const conf::WatcherConfig>(std::move(config_));
  config_ = std::move(config);
  share_given();
  for (const Output output : redirected) {
    for (const auto& [id, slot] : slots_) {
      if (!slot.alive()) continue;
      auto capture = make_capture(config_, output, slot.wid(), common_.environment, common_.sockets);
      if (capture && *capture) turn.emit(Redirect{slot.process(), output, **std::move(capture)});
    }
  }
}

void Watcher::set_given(const conf::WatcherConfig& config) {
  given_ = std::make_shared<const conf::WatcherConfig>(config);
  share_given();
}

}  // namespace troupe::core
