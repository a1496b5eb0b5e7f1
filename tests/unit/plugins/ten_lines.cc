#include <map>

#include "plugins/host/load.h"

struct TenStrikes : troupe::plugins::Plugin {
  using Plugin::Plugin;
  void handle_recv(std::string_view topic, const troupe::Value&) override {
    if (!topic.ends_with(".reap") || ++deaths[std::string(topic)] != 10) return;
    // watcher.NAME.reap
    cast("stop", troupe::Value::object().set("name", topic.substr(8, topic.size() - 13)));
  }
  std::map<std::string, int> deaths;
};
TROUPE_PLUGIN(TenStrikes, "ten_strikes", "Stops a watcher whose processes died ten times.");
