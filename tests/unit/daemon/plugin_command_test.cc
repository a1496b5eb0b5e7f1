#include "daemon/plugin_command.h"

#include <doctest/doctest.h>

#include "lib/base/words.h"

using namespace troupe;

TEST_CASE("a plugin connects to the loopback where the endpoint is every address") {
  const auto control = [](const char* bound) { return plugin_endpoints(bound, "ipc:///x").control; };
  CHECK(control("tcp://0.0.0.0:5555") == "tcp://127.0.0.1:5555");
  CHECK(control("tcp://*:5555") == "tcp://127.0.0.1:5555");
  CHECK(control("tcp://[::]:5555") == "tcp://[::1]:5555");
  CHECK(control("tcp://127.0.0.1:40001") == "tcp://127.0.0.1:40001");
  CHECK(control("tcp://10.0.0.1:5555") == "tcp://10.0.0.1:5555");
  CHECK(plugin_endpoints("ipc:///run/c", "tcp://0.0.0.0:7").events == "tcp://127.0.0.1:7");
  CHECK(plugin_endpoints("ipc:///run/c", "tcp://0.0.0.0:7").control == "ipc:///run/c");
}

TEST_CASE("the options of a plugin are one word, sorted, whatever is in them") {
  conf::WatcherConfig watcher;
  watcher.name = "plugin:log";
  watcher.plugin = "troupe.Logger";
  watcher.free = {{"z", "a b"}, {"file", "it's"}};
  complete_plugin(watcher, {"ipc:///c", "ipc:///e"}, "/bin/runner");
  CHECK(watcher.cmd == "/bin/runner --endpoint ipc:///c --pubsub ipc:///e --config " +
                           quote_word("file:it's:::name:plugin:log:::z:a b") + " troupe.Logger");
  complete_plugin(watcher, {"ipc:///c", "ipc:///e"}, "/bin/runner", true);
  CHECK(watcher.cmd.ends_with(" --log-level debug troupe.Logger"));
}

TEST_CASE("a watcher that is no plugin keeps its command") {
  conf::WatcherConfig watcher;
  watcher.cmd = "sleep 1";
  complete_plugin(watcher, {"ipc:///c", "ipc:///e"}, "/bin/runner");
  CHECK(watcher.cmd == "sleep 1");
}
