#include "daemon/arbiter.h"

#include <csignal>
#include <cstring>

#include "daemon/core/stream/outage.h"
#include "lib/api/events.h"
#include "lib/base/signal_name.h"
#include "lib/log/log.h"
#include "lib/os/signals.h"

namespace troupe {

Arbiter::Arbiter(const Ports& ports, core::World::Settings settings)
    : ports_(ports), world_(std::move(settings)) {}

void Arbiter::set_sockets(std::vector<core::ManagedSocket> sockets) {
  change([&](core::World& world, Instant now) {
    world.set_sockets(core::ManagedSockets(std::move(sockets)), now);
  });
}

void Arbiter::start(std::vector<conf::WatcherConfig> watchers) {
  const Instant now = ports_.clock.now();
  for (conf::WatcherConfig& config : watchers) {
    if (auto added = world_.add(std::move(config), false, now); !added) log::error("{}", added.error().text);
  }
  world_.start_autostart(0, now);
  perform();
}

Result<std::uint64_t> Arbiter::publish(std::string_view topic, Value data) {
  if (auto room = ports_.events.check_room(); !room) return room.error();
  if (auto* members = data.as_object()) {
    std::erase_if(*members, [](const Member& member) { return api::is_reserved_key(member.key); });
  }
  data.set("time", ports_.clock.wall(ports_.clock.now()));
  return ports_.events.publish(topic, data);
}

/// Effects in the order they came. What a port answers at once (a caller that asks for more when it is
/// settled) ends up behind them.
void Arbiter::perform() {
  if (performing_) return;
  performing_ = true;
  for (core::Effects effects = world_.take(); !effects.empty(); effects = world_.take()) {
    for (core::Effect& effect : effects) {
      std::visit([this](auto& one) { carry_out(one); }, effect);
    }
  }
  performing_ = false;
  if (world_.wants_spawn()) ports_.host.want_turn();
  ports_.host.on_change();
}

core::Ticket Arbiter::reload_ticket(core::Ticket caller) {
  return *reloads_.insert(caller != 0 ? caller : new_ticket()).first;
}

void Arbiter::carry_out(const core::Settle& effect) {
  reloads_.erase(effect.ticket);
  ports_.callers.settle(effect);
}

void Arbiter::carry_out(const core::Signal& effect) {
  const int error = ports_.spawner.signal(effect);
  if (error != 0 && error != ESRCH) {
    log::error("{} to pid {}: {}", signal_name(effect.signum), effect.pid, std::strerror(error));
  }
}

void Arbiter::carry_out(core::Publish& effect) {
  effect.data.set("time", ports_.clock.wall(effect.at));
  ports_.events.publish(effect.topic, effect.data);
}

void Arbiter::carry_out(core::RunHook& effect) {
  if (effect.at) effect.arguments.set("time", ports_.clock.wall(*effect.at));
  ports_.hooks.run(effect);
}

void Arbiter::carry_out(const core::Note& effect) {
  switch (effect.level) {
    case core::Note::Level::debug:
      log::debug("{}", effect.text);
      break;
    case core::Note::Level::info:
      log::info("{}", effect.text);
      break;
    case core::Note::Level::warning:
      log::warning("{}", effect.text);
      break;
    case core::Note::Level::error:
      log::error("{}", effect.text);
      break;
  }
}

void Arbiter::on_signal(int signum) {
  log::info("Got signal SIG_{}", signal_name(signum).substr(3));  // as Circus writes it
  if (os::asks_to_stop(signum)) {
    if (world_.quitting()) log::warning("stopping at once: what is left gets SIGKILL");
    change([&](core::World& world, Instant now) {
      if (world.quitting()) {
        world.hurry(now);
      } else {
        world.quit(0, now);
      }
    });
  } else if (signum == SIGHUP && !world_.quitting()) {
    change([&](core::World& world, Instant now) {
      std::vector<core::WatcherId> all;
      for (const core::Watcher* watcher : world.watchers()) all.push_back(watcher->id());
      world.run_all(std::move(all), core::Operation{core::Operation::Kind::reload, reload_ticket(0)}, now);
    });
  }
}

void Arbiter::on_keeper_gone() {
  log::critical("the keeper is gone: stopping everything");
  change([](core::World& world, Instant now) { world.quit(0, now); });
}

void Arbiter::on_exit(const Exit& exit) {
  const core::ProcessId process = ports_.spawner.on_exit(exit);
  if (is_hook_process(process)) {
    ports_.hooks.on_exit(process, exit);
  } else if (process != 0) {
    ports_.outputs.on_exit(process);  // before anybody hears of the exit
    change([&](core::World& world, Instant now) { world.on_exited(process, exit, now); });
  }
  ports_.host.acknowledge(exit.pid);
}

void Arbiter::on_output_trouble(const OutputTrouble& trouble) {
  const double seconds = to_seconds(ports_.clock.now() - trouble.since);
  if (trouble.over) {
    log::info("{}: written again after {:.1f} s; {} bytes of output are lost", trouble.target, seconds,
              trouble.dropped);
  } else {
    log::error("{}: output waits for {} s, then it is thrown away until it can be written again",
               trouble.text, core::Outage::wait_at_most / 1s);
  }
  for (const OutputName& of : trouble.of) {
    Value data = Value::object().set("stream", core::to_text(of.output)).set("target", trouble.target);
    if (trouble.over) {
      data.set("seconds", seconds).set("dropped", trouble.dropped);
    } else {
      data.set("errno", trouble.error).set("error", trouble.text);
    }
    data.set("time", ports_.clock.wall(ports_.clock.now()));
    ports_.events.publish(
        core::topic_prefix(of.watcher) + (trouble.over ? "stream_recovered" : "stream_error"), data);
  }
}

void Arbiter::on_alarm(const core::TimerKey& key) {
  change([&](core::World& world, Instant now) { world.on_timer(key, now); });
}

void Arbiter::on_turn() {
  change([](core::World& world, Instant now) { world.spawn_some(spawns_a_turn, now); });
}

void Arbiter::on_reread(Result<std::vector<conf::WatcherConfig>> watchers) {
  change([&](core::World& world, Instant now) { world.on_reread(std::move(watchers), now); });
}

void Arbiter::on_spawned(core::ProcessId process, int pid, Instant started) {
  if (is_hook_process(process)) return ports_.hooks.on_spawned(process, pid);
  change([&](core::World& world, Instant now) { world.on_spawned(process, pid, started, now); });
}

void Arbiter::on_spawn_failed(core::ProcessId process, const SpawnFailure& failure) {
  if (is_hook_process(process)) return ports_.hooks.on_spawn_failed(process, failure);
  change([&](core::World& world, Instant now) { world.on_spawn_failed(process, failure, now); });
}

void Arbiter::on_signalled(core::ProcessId process, int pid, int signum) {
  change([&](core::World& world, Instant now) { world.on_signalled(process, pid, signum, now); });
}

void Arbiter::on_tree_gone(core::ProcessId process) {
  change([&](core::World& world, Instant now) { world.on_tree_gone(process, now); });
}

void Arbiter::on_socket_ready(const std::string& name) {
  change([&](core::World& world, Instant now) { world.on_socket_ready(name, now); });
}

void Arbiter::on_hook_done(core::HookId hook, const core::HookOutcome& outcome) {
  change([&](core::World& world, Instant now) { world.on_hook_done(hook, outcome, now); });
}

void Arbiter::on_hook_event(const std::string& watcher, const std::string& topic, Value data) {
  if (auto published = publish(core::topic_prefix(watcher) + topic, std::move(data)); !published) {
    log::warning("{}: an event of a hook is dropped: {}", watcher, published.error().text);
  }
}

void Arbiter::on_stray(core::ProcessId process, int pid) {
  change([&](core::World& world, Instant now) { world.on_stray(process, pid, now); });
}

void Arbiter::on_stray_gone(int pid) {
  world_.on_stray_gone(pid);
}

}  // namespace troupe
