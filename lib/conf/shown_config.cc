#include "lib/conf/shown_config.h"

#include "lib/conf/option.h"
#include "lib/conf/option_set.h"

namespace troupe::conf {

namespace {

constexpr std::string_view plugin_prefix = "plugin:";

template <class Section>
Value shown_rows(const Section& section, std::span<const Option<Section>> rows) {
  Value object = Value::object();
  for (const auto& row : rows) {
    if (row.where.file && row.name != "name") row.show(section, row.name, object);
  }
  return object;
}

Value masked(Value section) {
  mask_secrets(section);
  for (const std::string_view key : {"cmd", "args"}) {
    Value* const value = section.find(key);
    if (value && value->as_text()) *value = masked_command(*value->as_text());
  }
  return section;
}

}  // namespace

Value shown_section(const WatcherConfig& watcher) {
  Value section = shown_rows(watcher, watcher_options());
  find_watcher_option("env")->show(watcher, "env", section);
  if (watcher.plugin) section.append("use", *watcher.plugin);
  // A key of a plugin may be an option of watchers as well; that one is what counts for the watcher.
  for (const auto& [key, text] : watcher.free) {
    if (!section.find(key)) section.append(key, text);
  }
  return section;
}

Value shown_section(const SocketConfig& socket) {
  return shown_rows(socket, socket_options());
}

Value shown_section(const ArbiterConfig& arbiter) {
  return shown_rows(arbiter, arbiter_options());
}

Value shown_config(const Config& config) {
  Value watchers = Value::object();
  Value plugins = Value::object();
  Value sockets = Value::object();
  for (const WatcherConfig& watcher : config.watchers) {
    Value section = masked(shown_section(watcher));
    if (!watcher.error.empty()) section.append("error", watcher.error);
    if (watcher.plugin) {
      plugins.append(watcher.name.substr(plugin_prefix.size()), std::move(section));
    } else {
      watchers.append(watcher.name, std::move(section));
    }
  }
  for (const SocketConfig& socket : config.sockets) sockets.append(socket.name, shown_section(socket));
  const bool is_circus = config.arbiter.dialect == Dialect::circus;
  Value whole = Value::object();
  whole.append(is_circus ? "circus" : "troupe", masked(shown_section(config.arbiter)));
  whole.append("watchers", std::move(watchers));
  whole.append("plugins", std::move(plugins));
  whole.append("sockets", std::move(sockets));
  return whole;
}

}  // namespace troupe::conf
