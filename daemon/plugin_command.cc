#include "daemon/plugin_command.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "lib/base/words.h"
#include "lib/conf/endpoint.h"
#include "lib/os/own_proc.h"

namespace troupe {

namespace {

std::string config_string(const conf::WatcherConfig& watcher) {
  std::vector<std::pair<std::string, std::string>> pairs = watcher.free;
  pairs.emplace_back("name", watcher.name);
  std::sort(pairs.begin(), pairs.end());
  std::string text;
  for (const auto& [key, value] : pairs) {
    if (!text.empty()) text += ":::";
    text += key + ":" + value;
  }
  return text;
}

}  // namespace

PluginEndpoints plugin_endpoints(const std::string& bound_control, const std::string& bound_events) {
  return {conf::reachable(bound_control), conf::reachable(bound_events), {}};
}

void complete_plugin(conf::WatcherConfig& watcher, const PluginEndpoints& endpoints,
                     const std::string& runner, bool debug) {
  if (!watcher.plugin) return;
  std::vector<std::string> words{runner,           "--endpoint", endpoints.control,     "--pubsub",
                                 endpoints.events, "--config",   config_string(watcher)};
  if (debug) words.insert(words.end(), {"--log-level", "debug"});
  words.push_back(*watcher.plugin);
  watcher.cmd.clear();
  for (const std::string& word : words) {
    if (!watcher.cmd.empty()) watcher.cmd += ' ';
    watcher.cmd += quote_word(word);
  }
  watcher.args = {};
  for (const auto& [name, value] : endpoints.environment) watcher.env[name] = value;
}

std::string find_plugin_runner() {
  const std::string folder = os::own_folder();
  if (folder.empty()) return "troupe-plugin";
  const std::string above = folder.substr(0, folder.rfind('/'));
  for (const std::string& place : {folder, above + "/bin", above + "/plugins/host"}) {
    if (access((place + "/troupe-plugin").c_str(), X_OK) == 0) return place + "/troupe-plugin";
  }
  return "troupe-plugin";
}

}  // namespace troupe
