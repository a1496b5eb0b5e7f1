#include "lib/conf/builtin_plugins.h"
#include "lib/conf/loading.h"

namespace troupe::conf {

namespace {

/// The key that asks for statistics.
Origin origin_of(Loading& loading) {
  const IniSection* root = loading.document().find(loading.is_circus() ? "circus" : "troupe");
  return root ? loading.origin_of(*root, "statsd") : Origin();
}

}  // namespace

/// `statsd` is a plugin like others; the values of its watcher are Circus's. One that cannot run (its
/// endpoint is taken) is not tried again in haste.
void load_stats(Loading& loading) {
  const ArbiterConfig& arbiter = loading.config().arbiter;
  if (!arbiter.statsd) return;
  WatcherConfig watcher;
  watcher.name = loading.is_circus() ? "circusd-stats" : "plugin:stats";
  watcher.origin = origin_of(loading);
  watcher.plugin = builtin_plugin("stats").name;
  watcher.free.emplace_back("stats_endpoint", arbiter.stats_endpoint);
  if (arbiter.group) watcher.free.emplace_back("group", *arbiter.group);
  watcher.singleton = true;
  watcher.use_sockets = true;
  watcher.copy_env = true;
  watcher.copy_path = true;
  watcher.close_child_stdout = arbiter.statsd_close_outputs;
  watcher.close_child_stderr = arbiter.statsd_close_outputs;
  watcher.restart_delay = 1s;
  watcher.restart_delay_max = 30s;
  add_watcher(loading, std::move(watcher));
}

}  // namespace troupe::conf
