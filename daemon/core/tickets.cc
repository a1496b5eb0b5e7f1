#include "daemon/core/tickets.h"

namespace troupe::core {

Ticket Tickets::make_group(Turn& turn, Ticket caller, std::size_t parts) {
  if (parts == 0) {
    settle(turn, caller, Value::object());
    return 0;
  }
  if (caller == 0) return 0;
  const Ticket ticket = group_bit | ++last_group_;
  groups_.emplace(ticket, Group{caller, parts, std::nullopt});
  return ticket;
}

void Tickets::settle(Turn& turn, Ticket ticket, Value result) {
  answer(turn, ticket, std::move(result), std::nullopt);
}

void Tickets::fail(Turn& turn, Ticket ticket, Error error) {
  answer(turn, ticket, Value::object(), std::move(error));
}

void Tickets::answer(Turn& turn, Ticket ticket, Value result, std::optional<Error> error) {
  if (ticket == 0) return;
  if (!(ticket & group_bit)) {
    turn.emit(Settle{ticket, std::move(result), std::move(error)});
    return;
  }
  const auto found = groups_.find(ticket);
  if (found == groups_.end()) return;
  Group& group = found->second;
  if (error && !group.error) group.error = std::move(error);
  if (--group.left > 0) return;
  const Group finished = std::move(group);
  groups_.erase(found);
  answer(turn, finished.caller, Value::object(), finished.error);
}

}  // namespace troupe::core
