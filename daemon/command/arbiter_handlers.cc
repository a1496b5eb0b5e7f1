#include "daemon/command/arbiter_handlers.h"

namespace troupe::command {

Result<Value> ipython(Call&) {
  return Value::object().set("shell", false).set("msg", "this daemon has no Python shell");
}

Result<Value> listsockets(Call&) {
  return Value::object().set("sockets", Value::array());
}

Result<Value> quit(Call& call) {
  auto ticket = call.ticket(Wrap::none);
  if (!ticket) return ticket.error();
  call.desk.arbiter.change([&](core::World& world, Instant now) { world.quit(*ticket, now); });
  return Value::object();
}

}  // namespace troupe::command
