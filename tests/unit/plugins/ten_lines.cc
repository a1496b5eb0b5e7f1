#include <map>

#include "plugins/host/load.h"

using namespace troupe;
using namespace troupe::plugins;

class TenStrikes : public Plugin {
 public:
  using Plugin::Plugin;
  void handle_recv(std::string_view topic, const Value&) override {
    if (!topic.ends_with(".reap") || ++deaths_[std::string(topic)] != 10) return;
    cast("stop", Value::object().set("name", topic.substr(8, topic.size() - 13)));  // watcher.NAME.reap
  }

 private:
  std::map<std::string, int> deaths_;
};

extern "C" const PluginRow* troupe_plugin() {
  static constexpr PluginRow row = {"ten_strikes",
                                    "Stops a watcher whose processes died ten times.",
                                    {},
                                    [](Services& services, const Config&) -> std::unique_ptr<Plugin> {
                                      return std::make_unique<TenStrikes>(services);
                                    }};
  return &row;
}
