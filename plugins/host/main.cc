#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/api/circus.h"
#include "lib/base/text.h"
#include "lib/log/log.h"
#include "lib/os/standard_output.h"
#include "lib/wire/tunnel.h"
#include "plugins/host/host.h"
#include "plugins/host/load.h"
#include "plugins/host/registry.h"

using namespace troupe;
using plugins::PluginRow;

namespace {

constexpr int usage_error = 2;

struct Arguments {
  wire::ClientKeySource keys;
  std::string endpoint, pubsub, config, log_level = "info", log_output = "-", name, ssh;
  double check_delay = 5.0;
  bool list = false;
};

void add_options(CLI::App& app, Arguments& arguments, std::string_view called) {
  app.add_option("--endpoint", arguments.endpoint, "Where the daemon takes commands")
      ->envname("TROUPE_ENDPOINT");
  app.add_option("--pubsub", arguments.pubsub, "Where the daemon publishes events")->envname("TROUPE_PUBSUB");
  app.add_option("--config", arguments.config, "The plugin's options: key:value:::key:value");
  app.add_option("--check-delay", arguments.check_delay, "Accepted for old command lines; nothing polls");
  app.add_option("--log-level", arguments.log_level, "debug, info, warning, error or critical");
  app.add_option("--log-output", arguments.log_output, "- (standard error), syslog or a file");
  app.add_option("--curve-key", arguments.keys.key_file, "File of the plugin's own CURVE keys")
      ->envname("TROUPE_CURVE_KEY");
  app.add_option("--curve-server", arguments.keys.server,
                 "The daemon's public CURVE key, or a file that has it")
      ->envname("TROUPE_CURVE_SERVER");
  app.add_flag("--list", arguments.list, "Show the plugins that are built in");
  app.add_option("NAME", arguments.name,
                 "The plugin to run: one that is built in, or the path of a shared object (./mine.so)");
  app.add_option("--ssh", arguments.ssh, "Through a tunnel to [USER@]HOST[:PORT], by the program ssh");
  app.set_version_flag("--version",
                       called == "circus-plugin" ? std::string(api::circus_version) : TROUPE_VERSION);
}

int fail(const std::string& text) {
  std::fprintf(stderr, "troupe-plugin: %s\n", text.c_str());
  return usage_error;
}

void list_plugins() {
  for (const PluginRow* row : plugins::registry()) {
    std::printf("%.*s: %.*s\n", static_cast<int>(row->name.size()), row->name.data(),
                static_cast<int>(row->summary.size()), row->summary.data());
    for (const auto& option : row->options) {
      const std::string fallback = option.fallback.empty() ? "" : " [" + std::string(option.fallback) + "]";
      std::printf("  %-10.*s %.*s%s\n", static_cast<int>(option.name.size()), option.name.data(),
                  static_cast<int>(option.doc.size()), option.doc.data(), fallback.c_str());
    }
  }
}

Result<const PluginRow*> find_plugin(const std::string& name) {
  if (name.find('/') != std::string::npos) return plugins::load_plugin(name);
  std::vector<std::string_view> names;
  for (const PluginRow* row : plugins::registry()) {
    if (row->name == name) return row;
    names.push_back(row->name);
  }
  std::string text = "no plugin named " + name;
  if (const auto near = closest(name, names)) text += "; did you mean " + std::string(*near) + "?";
  return make_error(Code::not_found, text);
}

/// Puts a tunnel in the place of an endpoint, if there is to be one.
Result<std::unique_ptr<wire::Tunnel>> tunnel_to(std::string& endpoint, const std::string& server) {
  if (server.empty()) return std::unique_ptr<wire::Tunnel>();
  auto tunnel = wire::Tunnel::open(server, "", endpoint);
  if (tunnel) endpoint = (*tunnel)->endpoint();
  return tunnel;
}

int run(Arguments arguments) {
  const auto row = find_plugin(arguments.name);
  if (!row) return fail(row.error().text);
  const auto level = log::parse_level(arguments.log_level);
  if (!level) return fail(level.error().text);
  const auto config = plugins::Config::parse(arguments.config, (*row)->options);
  if (!config) return fail(config.error().text);
  if (arguments.endpoint.empty()) return fail("--endpoint is missing, and TROUPE_ENDPOINT is not set");
  if (arguments.pubsub.empty()) return fail("--pubsub is missing, and TROUPE_PUBSUB is not set");
  const auto to_control = tunnel_to(arguments.endpoint, arguments.ssh);
  if (!to_control) return fail(to_control.error().text);
  const auto to_events = tunnel_to(arguments.pubsub, arguments.ssh);
  if (!to_events) return fail(to_events.error().text);
  const auto opened = log::open({*level, arguments.log_output, std::string((*row)->name)});
  if (!opened) return fail(opened.error().text);

  wire::ClientKeySource source = arguments.keys;
  if (const char* secret = std::getenv("TROUPE_CURVE_SECRET"))
    source.secret_key = secret;  // never an argument
  const auto keys = wire::load_client_keys(source);
  if (!keys) return fail(keys.error().text);
  const wire::Context context;
  const auto host = plugins::Host::open(context, arguments.endpoint, arguments.pubsub, *keys);
  if (!host) return fail(host.error().text);
  return (*host)->run(**row, *config);
}

int finish_output() {
  const int error = os::finish_standard_output();
  return error == 0 ? 0 : fail(std::string("cannot write to the standard output: ") + std::strerror(error));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs a plugin of Troupe: a process that hears every event and may call the daemon.");
  Arguments arguments;
  const std::string_view path = argc > 0 ? argv[0] : "";
  add_options(app, arguments, path.substr(path.rfind('/') + 1));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? finish_output() : usage_error;
  }
  if (arguments.list) {
    list_plugins();
    return finish_output();
  }
  if (arguments.name.empty()) {  // as circus-plugin does
    std::fputs(app.help().c_str(), stdout);
    return finish_output();
  }
  return run(std::move(arguments));
}
