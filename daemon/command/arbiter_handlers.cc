#include "daemon/command/arbiter_handlers.h"

namespace troupe::command {

Result<Value> ipython(Call&) {
  return Value::object().set("shell", false).set("msg", "this daemon has no Python shell");
}

Value managed_sockets(const core::World& world) {
  Value::Array sockets;
  int fd = core::ManagedSockets::first_number;
  for (const core::ManagedSocket& socket : world.sockets().list()) {
    Value entry =
        Value::object().set("fd", fd++).set("name", socket.config.name).set("backlog", socket.config.backlog);
    if (socket.config.path) {
      entry.set("path", *socket.config.path);
    } else {
      entry.set("host", socket.host).set("port", socket.port);
    }
    sockets.push_back(std::move(entry));
  }
  return sockets;
}

Result<Value> listsockets(Call& call) {
  return Value::object().set("sockets", managed_sockets(call.world()));
}

Result<Value> quit(Call& call) {
  auto ticket = call.ticket(Wrap::none);
  if (!ticket) return ticket.error();
  call.desk.arbiter.change([&](core::World& world, Instant now) { world.quit(*ticket, now); });
  return Value::object();
}

Result<Value> reloadconfig(Call& call) {
  if (auto open = call.check_open(); !open) return open.error();
  Arbiter& arbiter = call.desk.arbiter;
  const auto config = arbiter.read_config();
  if (!config) return config.error();
  const auto plan = core::make_reload_plan(call.world(), *config);
  if (!plan) return plan.error();
  const Value shown = Value::object().set("info", conf::shown_plan(*plan));
  if (call.args.flag("dry_run")) return shown;
  auto ticket = call.ticket(Wrap::info);
  if (!ticket) return ticket.error();
  if (auto taken = arbiter.take_config(config->now); !taken) return taken.error();
  arbiter.change([&](core::World& world, Instant now) {
    world.reload_config(*plan, config->now.watchers, arbiter.reload_ticket(*ticket), now);
  });
  return shown;
}

}  // namespace troupe::command
