#pragma once

#include <set>
#include <vector>

#include "daemon/core/world.h"
#include "daemon/ports.h"
#include "lib/conf/arbiter_config.h"

namespace troupe {

/// Drives the world: hands inputs to it and carries out its effects through the ports. It decides nothing.
class Arbiter final : public ProcessListener,
                      public SocketListener,
                      public OutputListener,
                      public HookListener {
 public:
  struct Ports {
    Clock& clock;
    Spawner& spawner;
    Outputs& outputs;
    Alarms& alarms;
    SocketWatch& sockets;
    Hooks& hooks;
    EventBus& events;
    Callers& callers;
    Host& host;
  };
  /// Processes started in one turn of the loop; what more is to be started waits for the next.
  static constexpr int spawns_a_turn = 16;

  Arbiter(const Ports& ports, core::World::Settings settings);

  /// The sockets that are open: before start(), and when they are others.
  void set_sockets(std::vector<core::ManagedSocket> sockets);
  /// Adds the watchers and starts those with autostart.
  void start(std::vector<conf::WatcherConfig> watchers);

  /// The world, to read; and to change through change(), which carries out what follows.
  const core::World& world() const { return world_; }
  template <class Change>
  auto change(Change what) {
    if constexpr (std::is_void_v<decltype(what(world_, Instant{}))>) {
      what(world_, ports_.clock.now());
      perform();
    } else {
      auto result = what(world_, ports_.clock.now());
      perform();
      return result;
    }
  }
  /// A signal that is nobody's stop: 0 or errno.
  int signal(const core::Signal& signal) { return ports_.spawner.signal(signal); }
  /// For reloadconfig: Host::read_config and Host::take_config.
  Result<core::NewConfig> read_config() { return ports_.host.read_config(); }
  Result<void> take_config(const conf::Config& config) { return ports_.host.take_config(config); }
  core::Ticket new_ticket() { return ++last_ticket_; }
  /// The ticket of a reload of everything, or by the configuration: `caller`'s, or one that nobody waits for.
  core::Ticket reload_ticket(core::Ticket caller);
  /// One of these is not settled yet.
  bool reloading() const { return !reloads_.empty(); }
  const Clock& clock() const { return ports_.clock; }
  /// An event of a client or a hook, without what is ours to say (api::is_reserved_key). Error: subscribers
  /// leave too much unread.
  Result<std::uint64_t> publish(std::string_view topic, Value data);

  /// SIGTERM, SIGINT, SIGQUIT: stop; when stopping already: hurry. SIGHUP: reload everything.
  void on_signal(int signum);
  void on_exit(const Exit& exit);
  void on_alarm(const core::TimerKey& key);
  void on_turn();
  void on_reread(Result<std::vector<conf::WatcherConfig>> watchers);
  /// The keeper is gone: nobody reaps for us, so everything is stopped.
  void on_keeper_gone();

  void on_spawned(core::ProcessId process, int pid, Instant started) override;
  void on_spawn_failed(core::ProcessId process, const SpawnFailure& failure) override;
  void on_signalled(core::ProcessId process, int pid, int signum) override;
  void on_tree_gone(core::ProcessId process) override;
  void on_stray(core::ProcessId process, int pid) override;
  void on_stray_gone(int pid) override;

  void on_socket_ready(const std::string& name) override;
  void on_output_trouble(const OutputTrouble& trouble) override;
  void on_hook_done(core::HookId hook, const core::HookOutcome& outcome) override;
  void on_hook_event(const std::string& watcher, const std::string& topic, Value data) override;

 private:
  void perform();
  void carry_out(const core::Spawn& effect) { ports_.spawner.spawn(effect); }
  void carry_out(const core::Redirect& effect) { ports_.outputs.redirect(effect); }
  void carry_out(const core::CallOff& effect) { ports_.spawner.call_off(effect.process); }
  void carry_out(const core::Signal& effect);
  void carry_out(const core::WakeAt& effect) { ports_.alarms.set(effect.key, effect.at); }
  void carry_out(core::Publish& effect);
  void carry_out(const core::Settle& effect);
  void carry_out(const core::Note& effect);
  void carry_out(const core::Reread&) { ports_.host.reread(); }
  void carry_out(const core::WatchSocket& effect) { ports_.sockets.watch(effect); }
  void carry_out(core::RunHook& effect);
  void carry_out(const core::CancelHook& effect) { ports_.hooks.cancel(effect.id); }
  void carry_out(const core::EndHooks& effect) { ports_.hooks.end(effect.watcher); }
  void carry_out(const core::Quit&) { ports_.host.quit(); }

  Ports ports_;
  core::World world_;
  core::Ticket last_ticket_ = 0;
  std::set<core::Ticket> reloads_;  ///< of reload_ticket
  bool performing_ = false;
};

}  // namespace troupe
