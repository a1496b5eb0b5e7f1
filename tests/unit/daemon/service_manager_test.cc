#include <doctest/doctest.h>

#include "daemon/service_manager.h"

using namespace troupe;

namespace {

conf::WatcherConfig watcher(std::string name, Duration graceful_timeout) {
  conf::WatcherConfig config;
  config.name = std::move(name);
  config.cmd = "worker";
  config.graceful_timeout = graceful_timeout;
  return config;
}

}  // namespace

TEST_CASE("the status of a service is how many watchers and processes there are") {
  core::World world({});
  CHECK(ServiceManager::status(world) == "0 watchers, 0 processes");
  const auto web = world.add(watcher("web", 5s), false, Instant{});
  REQUIRE(web);
  CHECK(ServiceManager::status(world) == "1 watcher, 0 processes");
  world.run(*web, core::Operation{core::Operation::Kind::start}, Instant{});
  world.spawn_some(16, Instant{});
  CHECK(ServiceManager::status(world) == "1 watcher, 1 process");
  for (const core::Effect& effect : world.take()) {
    if (const auto* spawn = std::get_if<core::Spawn>(&effect)) {
      world.on_spawn_failed(spawn->process, {"exec", 2, "No such file or directory"}, Instant{});
    }
  }
  CHECK(ServiceManager::status(world) == "1 watcher, 0 processes; 1 in trouble: web");
}

TEST_CASE("a stop takes the longest of the watchers and then the longest of the plugins") {
  core::World world({});
  REQUIRE(world.add(watcher("web", 5s), false, Instant{}));
  REQUIRE(world.add(watcher("db", 300s), false, Instant{}));
  conf::WatcherConfig plugin = watcher("plugin:stats", 10s);
  plugin.plugin = "stats";
  REQUIRE(world.add(std::move(plugin), false, Instant{}));
  CHECK(ServiceManager::longest_stop(world) == 325s);
}
