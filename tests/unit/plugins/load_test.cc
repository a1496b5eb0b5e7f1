#include "plugins/host/load.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

using namespace troupe;
using namespace troupe::plugins;

namespace {

/// Remembers which watchers are to be stopped.
struct Casts final : Services {
  Result<Value> call(std::string_view, const Value&, Duration) override { return Value(); }
  void cast(std::string_view command, const Value& properties) override {
    CHECK(command == "stop");
    stopped.push_back(*properties.find("name")->as_text());
  }
  void every(Duration, Callback<void()>) override {}
  void stop(int) override {}
  void hear_again(const Start&) override {}
  loop::Loop& loop() override { std::abort(); }

  std::vector<std::string> stopped;
};

}  // namespace

TEST_CASE("a plugin in a shared object is loaded and made like one that is built in") {
  const auto row = load_plugin(TEN_LINES_SO);
  REQUIRE(row);
  CHECK((*row)->name == "ten_strikes");
  Casts casts;
  const auto plugin = (*row)->make(casts, *Config::parse("", (*row)->options));
  for (int i = 0; i < 12; ++i) {
    plugin->handle_recv("watcher.web.spawn", Value::object());
    plugin->handle_recv("watcher.web.reap", Value::object());
    if (i < 9) plugin->handle_recv("watcher.my_job.reap", Value::object());
    CHECK(casts.stopped.size() == (i < 9 ? 0u : 1u));
  }
  CHECK(casts.stopped == std::vector<std::string>{"web"});
}

TEST_CASE("the maker of a plugin gives it its configuration when it wants it") {
  struct Wants : Plugin {
    Wants(Services& services_of_host, const Config& config)
        : Plugin(services_of_host), colour(config.text("colour")) {}
    void handle_recv(std::string_view, const Value&) override {}
    std::string colour;
  };
  static constexpr ConfigRow options[] = {{"colour", "red", ""}};
  constexpr PluginRow row = row_of<Wants>("wants", "", options);
  Casts services;
  const auto plugin = row.make(services, *Config::parse("colour:blue", row.options));
  CHECK(static_cast<Wants&>(*plugin).colour == "blue");
}

TEST_CASE("what is no plugin is refused by name") {
  CHECK(load_plugin("/nonexistent/mine.so").error().text.starts_with("load /nonexistent/mine.so: "));
  CHECK(load_plugin("libc.so.6").error().text ==
        "libc.so.6 is no plugin: it gives no row by troupe_plugin()");
}
