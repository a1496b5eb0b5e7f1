#include <doctest/doctest.h>

#include "daemon/service_manager.h"
#include "lib/loop/loop.h"
#include "lib/loop/timer_watch.h"

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
  conf::WatcherConfig hooked = watcher("hooked", 290s);
  hooked.hooks["before_stop"] = {};
  hooked.hook_timeout = 40s;
  REQUIRE(world.add(std::move(hooked), false, Instant{}));
  CHECK(ServiceManager::longest_stop(world) == 355s);
}

TEST_CASE("while a stop goes on the time for it is told again, once a second at most") {
  std::vector<std::string> told;
  const auto tell = [&told](std::string_view text) { return !told.emplace_back(text).empty(); };
  loop::Loop loop;
  core::World world({});
  const auto web = world.add(watcher("web", 5s), false, Instant{});
  ServiceManager manager(loop, ServiceManager::Tell::of(tell), {});
  manager.on_ready(world);
  world.quit(0, Instant{});
  for (int i = 0; i < 3; ++i) manager.on_change(world, false);
  CHECK(told.size() == 2);
  CHECK(told.back().find("STOPPING=1") != std::string::npos);
  loop::TimerWatch later(loop, loop::TimerWatch::OnTimer::to<&loop::Loop::stop>(loop));
  later.set_in(1500ms);
  loop.run();
  REQUIRE(told.size() == 3);
  CHECK(told.back() == "EXTEND_TIMEOUT_USEC=20000000");
}
