#include "daemon/service_manager.h"

#include <algorithm>

#include "lib/loop/loop.h"

namespace troupe {

namespace {

constexpr Duration status_delay = 1s;
constexpr Duration own_time = 15s;  ///< to read what is left, say it, and leave

std::string microseconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

std::string extend_timeout(const core::World& world) {
  return "EXTEND_TIMEOUT_USEC=" + microseconds(ServiceManager::longest_stop(world));
}

std::string count(std::size_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

}  // namespace

ServiceManager::ServiceManager(loop::Loop& loop, Tell tell, Duration watchdog)
    : loop_(loop),
      tell_(tell),
      period_(watchdog / 2),
      watchdog_(loop, loop::TimerWatch::OnTimer::to<&ServiceManager::on_watchdog>(*this)),
      status_(loop, loop::TimerWatch::OnTimer::to<&ServiceManager::on_status>(*this)) {}

void ServiceManager::on_ready(const core::World& world) {
  world_ = &world;
  phase_ = Phase::serving;
  told_ = status(world);
  tell_("READY=1\nSTATUS=" + told_);
  if (period_ > Duration::zero()) on_watchdog();
}

void ServiceManager::on_change(const core::World& world, bool reloading) {
  if (phase_ == Phase::starting) return;
  if (phase_ == Phase::stopping) {
    if (!status_.at()) status_.set_in(status_delay);
    return;
  }
  if (world.quitting()) {
    phase_ = Phase::stopping;
    status_.cancel();
    tell_("STOPPING=1\nSTATUS=stopping\n" + extend_timeout(world));
    return;
  }
  if (reloading && phase_ == Phase::serving) {
    phase_ = Phase::reloading;
    tell_("RELOADING=1\nMONOTONIC_USEC=" + microseconds(loop_.now().time_since_epoch()));
  } else if (!reloading && phase_ == Phase::reloading) {
    phase_ = Phase::serving;
    tell_("READY=1");
  }
  if (!status_.at()) status_.set_in(status_delay);
}

void ServiceManager::on_watchdog() {
  tell_("WATCHDOG=1");
  watchdog_.set_in(period_);
}

void ServiceManager::on_status() {
  if (phase_ == Phase::stopping) {
    tell_(extend_timeout(*world_));
    return;
  }
  std::string now = status(*world_);
  if (now == told_) return;
  told_ = std::move(now);
  tell_("STATUS=" + told_);
}

std::string ServiceManager::status(const core::World& world) {
  std::size_t processes = 0;
  std::size_t troubled = 0;
  std::string first;
  const auto watchers = world.watchers();
  for (const core::Watcher* watcher : watchers) {
    processes += static_cast<std::size_t>(watcher->process_count());
    if (!watcher->trouble()) continue;
    if (++troubled == 1) first = watcher->name().substr(0, 100);
  }
  std::string text =
      count(watchers.size(), "watcher", "watchers") + ", " + count(processes, "process", "processes");
  if (troubled > 0) text += "; " + std::to_string(troubled) + " in trouble: " + first;
  if (troubled > 1) text += " and others";
  return text;
}

Duration ServiceManager::longest_stop(const core::World& world) {
  Duration watchers{};
  Duration plugins{};
  for (const core::Watcher* watcher : world.watchers()) {
    Duration& longest = watcher->config().plugin ? plugins : watchers;
    const conf::WatcherConfig& config = watcher->config();
    longest = std::max(
        longest, config.graceful_timeout + (config.hooks.empty() ? Duration::zero() : config.hook_timeout));
  }
  return watchers + plugins + own_time;
}

}  // namespace troupe
