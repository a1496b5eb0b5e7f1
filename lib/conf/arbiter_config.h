#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/duration.h"
#include "lib/conf/socket_config.h"
#include "lib/conf/watcher_config.h"

namespace troupe::conf {

/// Which root section the file has; it decides on defaults and strictness (design decision D8).
enum class Dialect { circus, troupe };

/// The root section, `[troupe]` or `[circus]`. Each member is one row of arbiter_options.cc.
struct ArbiterConfig {
  Dialect dialect = Dialect::troupe;
  std::string name;     ///< `--name`: a sub-folder of run_dir
  std::string run_dir;  ///< folder of the ipc endpoints and their lock files; only under [troupe]
  std::string endpoint;
  std::string pubsub_endpoint;
  std::string stats_endpoint;
  std::optional<std::string> endpoint_owner;
  std::optional<std::string> group;  ///< [troupe]: ipc sockets are 0660 and the folder 0750 of this group
  bool insecure_tcp = false;
  std::optional<std::string> curve_server_key;  ///< file of the secret key that TCP endpoints have
  std::optional<std::string> curve_clients;     ///< folder of the public keys that they let in
  bool statsd = false;
  bool statsd_close_outputs = false;
  std::string multicast_endpoint;  ///< `udp://ADDRESS:PORT`; empty: nobody is answered
  double check_delay = 5;          ///< accepted and shown; nothing polls
  Duration warmup_delay{};
  std::string include;      ///< as written; the files are read already
  std::string include_dir;  ///< as written
  std::optional<int> umask;
  std::optional<std::string> pidfile;
  std::string loglevel = "info";
  std::string logoutput = "-";
  std::optional<std::string> loggerconfig;
  bool debug = false;
  bool debug_gc = false;
  bool httpd = false;
  bool httpd_close_outputs = false;       ///< accepted, as in Circus
  std::string stream_backend = "thread";  ///< accepted, as in Circus
  std::string httpd_host = "localhost";
  int httpd_port = 8080;
  std::optional<std::string> fqdn_prefix;
  std::int64_t event_ring = 64 << 20;  ///< bytes
  std::int64_t max_message = 8 << 20;  ///< bytes
  int max_connections = 1024;

  bool operator==(const ArbiterConfig&) const = default;
};

/// A whole configuration: what the daemon runs.
struct Config {
  ArbiterConfig arbiter;
  std::vector<WatcherConfig> watchers;  ///< sorted by name; plugins are watchers named "plugin:NAME"
  std::vector<SocketConfig> sockets;    ///< sorted by name

  bool operator==(const Config&) const = default;
};

}  // namespace troupe::conf
