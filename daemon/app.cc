#include "daemon/app.h"

#include <malloc.h>
#include <sys/stat.h>

#include <optional>

#include "daemon/alarm_clock.h"
#include "daemon/boot_file.h"
#include "daemon/config_files.h"
#include "daemon/descriptors.h"
#include "daemon/discovery.h"
#include "daemon/endpoints.h"
#include "daemon/hooks/hook_pool.h"
#include "daemon/place_watch.h"
#include "daemon/plugin_command.h"
#include "daemon/service.h"
#include "daemon/service_manager.h"
#include "daemon/sockets/socket_pool.h"
#include "daemon/spawn/leftovers.h"
#include "daemon/spawn/spawner.h"
#include "daemon/stream/streams.h"
#include "lib/conf/option_set.h"
#include "lib/log/log.h"
#include "lib/loop/deferred.h"
#include "lib/loop/fd_watch.h"
#include "lib/os/cgroup.h"
#include "lib/os/entropy.h"
#include "lib/os/own_proc.h"
#include "lib/wire/context.h"
#include "lib/wire/endpoint.h"

namespace troupe {

namespace {

SpawnerOptions spawner_options(const KeeperLink& link, const Endpoints& endpoints,
                               const Descriptors& descriptors) {
  SpawnerOptions options;
  options.boot = link.boot();
  options.descriptor_limit = link.original_descriptor_limit();
  options.cgroup_parent = os::own_cgroup2_directory().value_or("");
  options.descriptors = descriptors;
  if (const auto& keys = endpoints.plugin_keys())
    options.keys = {{"TROUPE_CURVE_SECRET", keys->own.secret_key}, {"TROUPE_CURVE_SERVER", keys->server}};
  return options;
}

StreamsOptions streams_options(const KeeperLink& link, const Descriptors& descriptors) {
  StreamsOptions options;
  options.boot = link.boot();
  options.descriptors = descriptors;
  return options;
}

HookOptions hook_options(const PluginEndpoints& endpoints, const std::string& config_path,
                         const Descriptors& descriptors) {
  HookOptions options;
  options.helper = find_hook_helper();
  options.python = find_python();
  options.endpoint = endpoints.control;
  options.pubsub_endpoint = endpoints.events;
  const std::size_t slash = config_path.rfind('/');
  if (slash != std::string::npos) options.config_folder = config_path.substr(0, slash + 1);
  options.descriptors = descriptors;
  return options;
}

core::World::Settings world_settings(const conf::ArbiterConfig& config) {
  core::World::Settings settings;
  settings.warmup_delay = config.warmup_delay;
  settings.seed = os::random_u64();
  settings.environment = process_environment("", When::serving).variables;
  return settings;
}

/// What the root section says counts from the start of the daemon: a restart of the arbiter keeps sockets,
/// log and ring.
void warn_of_fixed(const conf::ArbiterConfig& before, const conf::ArbiterConfig& now) {
  for (const std::string_view key : conf::changed_options(before, now)) {
    log::warning(
        "{} was '{}' when the daemon was started and is '{}' in the configuration now: that counts "
        "when the daemon itself is started anew (quit, then trouped)",
        key, conf::option_text(before, key), conf::option_text(now, key));
  }
}

PluginEndpoints endpoints_for_plugins(const Endpoints& endpoints, const conf::ArbiterConfig& config) {
  PluginEndpoints result = plugin_endpoints(endpoints.control_name(), endpoints.events_name());
  if (endpoints.plugin_keys()) {
    // For one that binds an endpoint itself, behind a wire::CurveDoor. What all of them need to come in they
    // get when they are started (SpawnerOptions::keys).
    result.environment = {{"TROUPE_CURVE_SERVER_KEY", *config.curve_server_key},
                          {"TROUPE_CURVE_CLIENTS", *config.curve_clients}};
  }
  return result;
}

/// In one line; a file that is something else altogether would have thousands.
std::string all_errors(const std::vector<conf::Problem>& problems) {
  constexpr int most = 50;
  int count = 0;
  std::string text;
  for (const conf::Problem& problem : problems) {
    if (problem.severity != conf::Severity::error || ++count > most) continue;
    if (!text.empty()) text += "; ";
    text += conf::to_text(problem);
  }
  if (count > most) text += "; and " + std::to_string(count - most) + " more";
  return text;
}

/// Everything that lives as long as the loop runs. Its members are made in order and unmade in reverse: the
/// watches before the sockets they watch.
class Running final : public Host {
 public:
  Running(loop::Loop& loop, KeeperLink& link, Setup& setup, Endpoints& endpoints, SocketPool& sockets,
          const Descriptors& descriptors);

  ~Running() override { endpoints_.tell_changes({}); }

  void start() {
    service_.arbiter().set_sockets(sockets_.list());
    complete_plugins(setup_.config);
    service_.arbiter().start(std::move(setup_.config.watchers));
  }
  /// The daemon serves.
  void on_ready();
  bool stopped_in_order() const { return stopped_in_order_; }
  void turn_away_rest() { service_.turn_away_rest(Endpoints::linger); }

  void acknowledge(int pid) override { link_.ack(pid); }
  void want_turn() override { turn_.schedule(); }
  void reread() override { reread_.schedule(); }
  Result<core::NewConfig> read_config() override;
  Result<void> take_config(const conf::Config& config) override;
  void quit() override;
  void on_change() override;

 private:
  void on_keeper(loop::Ready);
  void on_place_gone(const std::string& path);
  void on_alarm(const core::TimerKey& key) { service_.arbiter().on_alarm(key); }
  void on_turn() { service_.arbiter().on_turn(); }
  void on_reread();
  void take_live(const conf::ArbiterConfig& now);
  void complete_plugins(conf::Config& config) const;

  loop::Loop& loop_;
  KeeperLink& link_;
  Setup& setup_;
  Endpoints& endpoints_;
  SocketPool& sockets_;
  const PluginEndpoints plugin_endpoints_;
  AlarmClock clock_;
  Streams streams_;
  ProcessSpawner spawner_;
  HookPool hooks_;
  loop::Deferred turn_;
  loop::Deferred reread_;
  Service service_;
  std::optional<ServiceManager> manager_;
  PlaceWatch places_;
  loop::FdWatch keeper_watch_;
  bool stopped_in_order_ = false;
};

Running::Running(loop::Loop& loop, KeeperLink& link, Setup& setup, Endpoints& endpoints, SocketPool& sockets,
                 const Descriptors& descriptors)
    : loop_(loop),
      link_(link),
      setup_(setup),
      endpoints_(endpoints),
      sockets_(sockets),
      plugin_endpoints_(endpoints_for_plugins(endpoints, setup.config.arbiter)),
      clock_(loop, AlarmClock::OnAlarm::to<&Running::on_alarm>(*this)),
      streams_(loop, streams_options(link, descriptors)),
      spawner_(loop, spawner_options(link, endpoints, descriptors)),
      hooks_(loop, spawner_, hook_options(plugin_endpoints_, setup.config_path, descriptors)),
      turn_(loop, loop::Deferred::OnCall::to<&Running::on_turn>(*this)),
      reread_(loop, loop::Deferred::OnCall::to<&Running::on_reread>(*this)),
      service_(loop, {endpoints.control(), endpoints.events()},
               {clock_, spawner_, streams_, streams_, clock_, sockets_, hooks_, *this}, setup.config.arbiter,
               world_settings(setup.config.arbiter), {link.boot(), link.keeper_pid()}),
      places_(loop, PlaceWatch::OnGone::to<&Running::on_place_gone>(*this)),
      keeper_watch_(loop, link.fd(), {.readable = true},
                    loop::FdWatch::OnReady::to<&Running::on_keeper>(*this)) {
  spawner_.listen(service_.arbiter());
  spawner_.take_sockets_from(sockets_);
  spawner_.capture_with(streams_);
  sockets_.listen(service_.arbiter());
  streams_.listen(service_.arbiter());
  streams_.answer(service_.callers());
  hooks_.listen(service_.arbiter());
  hooks_.answer_with(service_.requests());
  endpoints_.tell_changes(Callback<void()>::to<&Service::on_connections>(service_));
  for (const auto& place : endpoints_.places()) places_.add(place.path, place.path_when_shut);
}

void Running::on_ready() {
  link_.ready();
  if (setup_.manager.socket.empty()) return;
  manager_.emplace(loop_, ServiceManager::Tell::to<&KeeperLink::tell>(link_), setup_.manager.watchdog);
  manager_->on_ready(service_.arbiter().world());
}

void Running::on_change() {
  const Arbiter& arbiter = service_.arbiter();
  if (manager_) manager_->on_change(arbiter.world(), arbiter.reloading());
}

void Running::on_keeper(loop::Ready) {
  const KeeperLink::News news = link_.read();
  Arbiter& arbiter = service_.arbiter();
  for (const Exit& exit : news.exits) arbiter.on_exit(exit);
  if (!news.exits.empty()) endpoints_.on_room();
  for (const int signum : news.signals) arbiter.on_signal(signum);
  if (!news.keeper_gone) return;
  keeper_watch_.set_interest({});
  spawner_.on_keeper_gone(Callback<void(const Exit&)>::to<&Arbiter::on_exit>(arbiter));
  arbiter.on_keeper_gone();
}

void Running::on_place_gone(const std::string& path) {
  log::error(
      "{} is gone: somebody removed it, or its folder, under this daemon. No client finds it any more, and a "
      "second daemon would start beside it: stop this one (kill {}) and start it again",
      path, link_.keeper_pid());
}

void Running::on_reread() {
  conf::Loaded loaded = load_config(setup_.config_path, setup_.instance, setup_.strict, When::serving);
  for (const conf::Problem& problem : loaded.problems) log::warning("{}", conf::to_text(problem));
  if (loaded.has_errors()) {
    service_.arbiter().on_reread(make_error(Code::failed, all_errors(loaded.problems)));
  } else if (auto taken = take_config(loaded.config); !taken) {
    service_.arbiter().on_reread(taken.error());
  } else {
    complete_plugins(loaded.config);
    service_.arbiter().on_reread(std::move(loaded.config.watchers));
  }
}

Result<core::NewConfig> Running::read_config() {
  conf::Loaded loaded = load_config(setup_.config_path, setup_.instance, setup_.strict, When::serving);
  if (loaded.has_errors()) return make_error(Code::refused, all_errors(loaded.problems));
  for (const conf::Problem& problem : loaded.problems) log::warning("{}", conf::to_text(problem));
  complete_plugins(loaded.config);
  return core::NewConfig{std::move(loaded.config), setup_.last, setup_.file};
}

Result<void> Running::take_config(const conf::Config& config) {
  if (auto opened = sockets_.apply(config.sockets, HostLookup::at_once); !opened) return opened;
  service_.arbiter().set_sockets(sockets_.list());
  endpoints_.reread_clients();
  warn_of_fixed(setup_.file, config.arbiter);
  take_live(config.arbiter);
  setup_.last.arbiter = config.arbiter;
  setup_.last.sockets = config.sockets;
  return {};
}

/// What may change while the daemon runs, so far as it is not in the watchers.
void Running::take_live(const conf::ArbiterConfig& now) {
  conf::ArbiterConfig& shown = setup_.config.arbiter;
  shown.stats_endpoint = now.stats_endpoint;  // which a new stats process has by now
  shown.check_delay = now.check_delay;
  service_.arbiter().change([&](core::World& world, Instant) { world.set_warmup_delay(now.warmup_delay); });
  if (setup_.level_is_fixed || shown.loglevel == now.loglevel) return;
  shown.loglevel = now.loglevel;
  if (const auto level = log::parse_level(now.loglevel)) log::set_level(*level);
}

/// Also after a restart plugins get the endpoints that are bound: those of the file may have changed, and
/// count from the next start of the daemon.
void Running::complete_plugins(conf::Config& config) const {
  const std::string runner = find_plugin_runner();
  for (conf::WatcherConfig& watcher : config.watchers) {
    complete_plugin(watcher, plugin_endpoints_, runner, config.arbiter.debug);
  }
}

void Running::quit() {
  stopped_in_order_ = true;
  loop_.stop();
}

}  // namespace

conf::Loaded load_config(const std::string& path, const std::string& instance, bool strict, When when,
                         std::vector<std::string_view> opened_files) {
  ConfigFiles files(when);
  conf::Environment environment = process_environment(instance, when);
  environment.opened_files = std::move(opened_files);
  return conf::load(path, files, environment, strict);
}

void App::leave_to_arbiter() {
  setup_.config = {};
  malloc_trim(0);
}

namespace {

/// Clients find one endpoint by asking at another: a port that was left to the system is told as it came out.
void tell_bound(std::string& endpoint, const std::string& bound) {
  if (endpoint.ends_with(":*") || endpoint.ends_with(":0")) endpoint = bound;
}

std::string boot_path(const std::string& endpoint) {
  const auto path = wire::ipc_path(endpoint);
  return path ? *path + ".boot" : "";
}

}  // namespace

int App::run(KeeperLink link) {
  // What is large (requests, replies) has memory of its own and gives it back when it is done. By default
  // glibc lets that bound grow with what was freed, up to 32 MiB, and keeps what is below.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  if (setup_.config.arbiter.umask) ::umask(static_cast<mode_t>(*setup_.config.arbiter.umask));
  loop::Loop loop;
  if (!os::proc_is_ours()) {
    log::warning(
        "/proc is missing or that of another pid namespace: stop_children reaches only what stays in the "
        "cgroup or the process group of a process, and stats has no figures; mount one here (mount -t proc "
        "proc /proc)");
  }
  const Descriptors descriptors = Descriptors::of_this_process();
  if (descriptors.limit < Descriptors::least) {
    link.failed(1, "the limit of descriptors is " + std::to_string(descriptors.limit) + ", and at least " +
                       std::to_string(Descriptors::least) +
                       " are needed; raise it (ulimit -Hn, LimitNOFILE=)");
    return 1;
  }
  if (auto threads = wire::Context::check_threads(); !threads) {
    link.failed(1, threads.error().text);
    return 1;
  }
  auto endpoints = Endpoints::open(loop, setup_.config.arbiter, descriptors);
  if (!endpoints) {
    link.failed(1, endpoints.error().text);
    return 1;
  }
  tell_bound(setup_.config.arbiter.endpoint, (*endpoints)->control_name());
  tell_bound(setup_.config.arbiter.pubsub_endpoint, (*endpoints)->events_name());
  bool in_order = false;
  {
    const BootFile boot_file(boot_path((*endpoints)->control_name()));
    if (const std::string boot = boot_file.previous(); !boot.empty())
      end_leftovers(boot, os::own_cgroup2_directory().value_or(""));
    boot_file.write(link.boot());
    SocketPool sockets(loop, descriptors);
    if (auto opened = sockets.apply(setup_.config.sockets, HostLookup::wait); !opened) {
      boot_file.remove();  // nothing was started
      link.failed(1, opened.error().text);
      return 1;
    }
    Running running(loop, link, setup_, **endpoints, sockets, descriptors);
    const auto discovery =
        Discovery::open(loop, setup_.config.arbiter.multicast_endpoint, (*endpoints)->control_name());
    log::info("Starting master on pid {}", link.keeper_pid());
    running.on_ready();
    log::info("Arbiter now waiting for commands on {}, events on {}", (*endpoints)->control_name(),
              (*endpoints)->events_name());
    running.start();
    loop.run();
    running.turn_away_rest();
    in_order = running.stopped_in_order();
    if (in_order) boot_file.remove();
  }
  endpoints->reset();  // waits for what is still to be sent, up to Endpoints::linger
  log::info("Arbiter exiting");
  link.done(in_order ? 0 : 1);
  return 0;
}

}  // namespace troupe
