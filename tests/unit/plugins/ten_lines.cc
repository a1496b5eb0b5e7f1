#include "plugins/host/load.h"

/// A plugin as somebody else would write it, built as a shared object.
class TenLines : public troupe::plugins::Plugin {
 public:
  using Plugin::Plugin;
  void handle_recv(std::string_view topic, const troupe::Value& message) override {
    if (topic.ends_with(".spawn") && message.find("process_pid")) stop(42);
  }
};

extern "C" const troupe::plugins::PluginRow* troupe_plugin() {
  using namespace troupe::plugins;
  static constexpr PluginRow row = {
      "ten_lines", "Ends at the first spawn.", {}, [](Services& s, const Config&) {
        return std::unique_ptr<Plugin>(std::make_unique<TenLines>(s));
      }};
  return &row;
}
