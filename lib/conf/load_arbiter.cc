#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/conf/endpoint.h"
#include "lib/conf/loading.h"

namespace troupe::conf {

namespace {

constexpr std::array<std::string_view, 5> log_levels = {"debug", "info", "warning", "error", "critical"};

/// One of the three endpoints: its key, its field and its defaults.
struct EndpointRow {
  std::string_view key;
  std::string ArbiterConfig::*field;
  std::string_view circus_default;
  std::string_view file;  ///< in run_dir
};
constexpr EndpointRow endpoints[] = {
    {"endpoint", &ArbiterConfig::endpoint, "tcp://127.0.0.1:5555", "control"},
    {"pubsub_endpoint", &ArbiterConfig::pubsub_endpoint, "tcp://127.0.0.1:5556", "events"},
    {"stats_endpoint", &ArbiterConfig::stats_endpoint, "tcp://127.0.0.1:5557", "stats"},
};

const IniSection* root_section(Loading& loading) {
  return loading.document().find(loading.is_circus() ? "circus" : "troupe");
}

/// Where a root option stands, or else the root section.
Origin origin_of(Loading& loading, std::string_view key) {
  const IniSection* root = root_section(loading);
  const IniEntry* entry = root ? root->find(key) : nullptr;
  return entry ? entry->origin : root ? root->origin : Origin{};
}

void report_unknown(Loading& loading, const IniEntry& entry) {
  std::vector<std::string_view> keys;
  for (const ArbiterOption& row : arbiter_options()) keys.push_back(row.name);
  loading.tolerated(entry.origin, "unknown option " + shown(entry.key) + did_you_mean(entry.key, keys));
}

void load_option(Loading& loading, const ArbiterOption& row, const IniEntry& entry) {
  const EnvLookup lookup({&loading.shared_env, &loading.environment().variables});
  std::string note;
  const auto bad = parse_option(loading.config().arbiter, row, entry.key, expand(entry.value, lookup), note);
  if (bad && bad->is_out_of_range) return loading.tolerated(entry.origin, bad->text);
  if (bad) return loading.fatal(entry.origin, bad->text);
  if (!note.empty()) loading.noted(entry.origin, note);
}

void check_endpoint_row(Loading& loading, const EndpointRow& row) {
  ArbiterConfig& arbiter = loading.config().arbiter;
  std::string& endpoint = arbiter.*row.field;
  if (endpoint.empty() && loading.is_circus()) endpoint = row.circus_default;
  if (endpoint.empty()) {
    const std::string path = arbiter.run_dir + "/" + std::string(row.file);
    endpoint = "ipc://" + path;
    if (path.size() > longest_socket_path) return;  // check_run_dir says so
  }
  const Origin origin = origin_of(loading, row.key);
  if (const auto checked = check_endpoint(endpoint); !checked) {
    return loading.fatal(origin, std::string(row.key) + ": " + checked.error().text);
  }
  // Events and statistics tell others much, but the risk is the socket that takes commands; all three count,
  // so that one setting says "this network is trusted".
  if (!is_beyond_loopback(endpoint) || arbiter.insecure_tcp || arbiter.curve_server_key) return;
  loading.tolerated(
      origin, std::string(row.key) + ": " + shown(endpoint) +
                  " is open to other machines, and whoever reaches it can " +
                  (row.key == "endpoint" ? "run any command as this user" : "read what the processes do") +
                  "; give curve_server_key and curve_clients, or to allow that set insecure_tcp = true");
}

/// The sockets in it that have no endpoint of their own; once for all of them.
void check_run_dir(Loading& loading) {
  for (const EndpointRow& row : endpoints) {
    const std::string path = loading.config().arbiter.run_dir + "/" + std::string(row.file);
    const bool is_there = loading.config().arbiter.*row.field == "ipc://" + path;
    if (!is_there || path.size() <= longest_socket_path) continue;
    return loading.fatal(origin_of(loading, "run_dir"),
                         "run_dir: the path of a socket in it, " + shown(path) + ", is longer than " +
                             std::to_string(longest_socket_path) + " bytes; name a shorter folder");
  }
}

/// What the start opens before anything else, and cannot without.
void check_opened_files(Loading& loading) {
  const ArbiterConfig& arbiter = loading.config().arbiter;
  for (const std::string_view key : loading.environment().opened_files) {
    const bool is_log = key == "logoutput";
    const std::string path = is_log ? arbiter.logoutput : arbiter.pidfile.value_or("");
    if (is_log && path.starts_with("syslog")) continue;
    if (const std::string wrong = loading.missing_folder(path); !wrong.empty())
      loading.fatal(origin_of(loading, key), std::string(key) + ": " + wrong);
  }
}

/// Half of it would let in everybody or nobody; and what cannot be read shows here and not at the first
/// client.
void check_curve(Loading& loading) {
  const ArbiterConfig& arbiter = loading.config().arbiter;
  const auto check = [&](std::string_view key, const std::optional<std::string>& path, std::string_view other,
                         bool has_other, KeyCheck is_good) {
    if (!path) return;
    if (!has_other) {
      loading.fatal(origin_of(loading, key),
                    std::string(key) + " without " + std::string(other) +
                        ": TCP endpoints need both, the daemon's key and those of its clients");
    }
    const auto checked = is_good ? is_good(*path) : Result<void>();
    if (!checked) loading.fatal(origin_of(loading, key), std::string(key) + ": " + checked.error().text);
  };
  const Environment& environment = loading.environment();
  check("curve_server_key", arbiter.curve_server_key, "curve_clients", arbiter.curve_clients.has_value(),
        environment.check_secret_key);
  check("curve_clients", arbiter.curve_clients, "curve_server_key", arbiter.curve_server_key.has_value(),
        environment.check_client_keys);
}

void check_log(Loading& loading) {
  ArbiterConfig& arbiter = loading.config().arbiter;
  const std::string level = to_lower(arbiter.loglevel);
  if (std::find(log_levels.begin(), log_levels.end(), level) == log_levels.end()) {
    loading.tolerated(origin_of(loading, "loglevel"),
                      "loglevel: " + shown(level) + " is not one of debug, info, warning, error, critical" +
                          did_you_mean(level, {log_levels.begin(), log_levels.end()}));
    arbiter.loglevel = "info";
  } else {
    arbiter.loglevel = level;
  }
}

bool is_group_endpoint(std::string_view endpoint) {
  constexpr std::string_view udp = "udp://";
  if (!endpoint.starts_with(udp)) return false;
  const std::string_view address = endpoint.substr(udp.size());
  const auto first = parse_int(address.substr(0, address.find('.')));
  const auto port = parse_int(address.substr(std::min(address.rfind(':'), address.size() - 1) + 1));
  return first && *first >= 224 && *first <= 239 && port && *port >= 0 && *port <= 65535;
}

/// Circus answers who looks for it unless told otherwise; whoever writes [troupe] may ask for it.
void check_discovery(Loading& loading) {
  const IniSection* root = root_section(loading);
  const IniEntry* said = root ? root->find("multicast_endpoint") : nullptr;
  if (said && !said->value.empty() && !is_group_endpoint(loading.config().arbiter.multicast_endpoint)) {
    loading.tolerated(said->origin, "multicast_endpoint: " + shown(said->value) +
                                        " is not udp://GROUP:PORT with a GROUP of 224.0.0.0 to "
                                        "239.255.255.255; nobody is answered there");
  }
  if (!loading.is_circus() || said) return;
  loading.config().arbiter.multicast_endpoint = "udp://237.219.251.97:12027";
}

/// A shell would put the home folder there; here it would be a folder of that name.
void refuse_tilde(Loading& loading) {
  const ArbiterConfig& arbiter = loading.config().arbiter;
  const std::pair<std::string_view, std::string> paths[] = {
      {"run_dir", arbiter.run_dir},
      {"logoutput", arbiter.logoutput},
      {"pidfile", arbiter.pidfile.value_or("")},
      {"endpoint", arbiter.endpoint},
      {"pubsub_endpoint", arbiter.pubsub_endpoint},
      {"stats_endpoint", arbiter.stats_endpoint},
  };
  for (const auto& [key, value] : paths) {
    if (!value.starts_with("~") && !value.starts_with("ipc://~")) continue;
    loading.fatal(origin_of(loading, key),
                  std::string(key) + ": " + shown(value) +
                      ": ~ is not replaced; write $(troupe.env.HOME) or the whole path");
  }
}

/// As in Circus, naming the stats endpoint means that statistics are wanted.
void check_statsd(Loading& loading) {
  ArbiterConfig& arbiter = loading.config().arbiter;
  if (arbiter.stats_endpoint.ends_with(":*") || arbiter.stats_endpoint.ends_with(":0")) {
    loading.noted(
        origin_of(loading, "stats_endpoint"),
        "stats_endpoint: clients cannot ask for a port that the system chooses, only the log of the "
        "plugin has it; name one");
  }
  if (arbiter.stats_endpoint.empty() || arbiter.statsd) return;
  const Origin said = origin_of(loading, "stats_endpoint");
  if (!loading.is_circus()) {
    loading.noted(said, "stats_endpoint without statsd: nothing is published there; add statsd = true");
    return;
  }
  loading.noted(said, "stats_endpoint without statsd: statsd is turned on");
  arbiter.statsd = true;
}

}  // namespace

void load_arbiter(Loading& loading) {
  ArbiterConfig& arbiter = loading.config().arbiter;
  if (const IniSection* root = root_section(loading)) {
    for (const IniEntry* entry : loading.entries_of(*root)) {
      if (const ArbiterOption* row = find_arbiter_option(entry->key)) {
        load_option(loading, *row, *entry);
      } else if (!loading.is_default(*entry)) {
        report_unknown(loading, *entry);
      }
    }
  }
  loading.check_user(origin_of(loading, "endpoint_owner"), "endpoint_owner", arbiter.endpoint_owner);
  loading.check_group(origin_of(loading, "group"), "group", arbiter.group);
  refuse_tilde(loading);
  if (arbiter.run_dir.empty()) arbiter.run_dir = loading.environment().run_dir;
  if (const std::string& name = loading.environment().name; !name.empty()) {
    arbiter.run_dir += (arbiter.run_dir.ends_with('/') ? "" : "/") + name;
    if (!arbiter.endpoint.empty())
      loading.noted(origin_of(loading, "endpoint"),
                    "endpoint is set here: --name " + name + " does not change it");
  }
  check_statsd(loading);
  check_discovery(loading);
  for (const EndpointRow& row : endpoints) check_endpoint_row(loading, row);
  check_run_dir(loading);
  check_opened_files(loading);
  check_curve(loading);
  check_log(loading);
}

}  // namespace troupe::conf
