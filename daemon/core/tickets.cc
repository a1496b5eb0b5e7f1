#include "daemon/core/tickets.h"

#include <algorithm>

namespace troupe::core {

Ticket Tickets::make_group(Turn& turn, std::vector<Ticket> callers, std::size_t parts, Value result) {
  std::erase(callers, Ticket{0});
  if (parts == 0) {
    for (const Ticket caller : callers) settle(turn, caller, result);
    return 0;
  }
  if (callers.empty()) return 0;
  const Ticket ticket = group_bit | ++last_group_;
  groups_.emplace(ticket, Group{std::move(callers), parts, std::nullopt, std::move(result), false});
  return ticket;
}

Ticket Tickets::join(Ticket first, Ticket second) {
  if (first == 0 || second == 0) return first | second;
  if (const auto found = groups_.find(first); found != groups_.end() && found->second.joined) {
    found->second.callers.push_back(second);
    return first;
  }
  const Ticket ticket = group_bit | ++last_group_;
  groups_.emplace(ticket, Group{{first, second}, 1, std::nullopt, Value(), true});
  return ticket;
}

bool Tickets::add_callers(Ticket group, const std::vector<Ticket>& callers) {
  const bool nobody = std::all_of(callers.begin(), callers.end(), [](Ticket caller) { return caller == 0; });
  const auto found = groups_.find(group);
  if (found == groups_.end()) return nobody;
  for (const Ticket caller : callers) {
    if (caller != 0) found->second.callers.push_back(caller);
  }
  return true;
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
  if (group.joined) group.result = std::move(result);
  const Group finished = std::move(group);
  groups_.erase(found);
  for (const Ticket caller : finished.callers)
    answer(turn, caller, finished.error ? Value::object() : finished.result, finished.error);
}

}  // namespace troupe::core
