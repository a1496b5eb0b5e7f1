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

void Tickets::settle(Turn& turn, Ticket ticket, Value result, std::string_view part) {
  answer(turn, ticket, std::move(result), std::nullopt, part);
}

void Tickets::fail(Turn& turn, Ticket ticket, Error error) {
  answer(turn, ticket, Value::object(), std::move(error));
}

namespace {

/// What went wrong in a part of a group, or in the parts of a group that is a part.
void note_errors(Value& errors, const Value& result, std::string_view part) {
  if (const Value* why = result.find("error")) errors.set(part, *why);
  const Value* inner = result.find("errors");
  if (!inner || !inner->as_object()) return;
  for (const Member& member : *inner->as_object()) errors.set(member.key, member.value);
}

}  // namespace

void Tickets::answer(Turn& turn, Ticket ticket, Value result, std::optional<Error> error,
                     std::string_view part) {
  if (ticket == 0) return;
  if (!(ticket & group_bit)) {
    turn.emit(Settle{ticket, std::move(result), std::move(error)});
    return;
  }
  const auto found = groups_.find(ticket);
  if (found == groups_.end()) return;
  Group& group = found->second;
  if (error && !group.error) group.error = std::move(error);
  if (!group.joined) note_errors(group.errors, result, part);
  if (--group.left > 0) return;
  if (group.joined) {
    group.result = std::move(result);
  } else if (!group.errors.as_object()->empty()) {
    group.result.set("errors", std::move(group.errors));
  }
  const Group finished = std::move(group);
  groups_.erase(found);
  for (const Ticket caller : finished.callers)
    answer(turn, caller, finished.error ? Value::object() : finished.result, finished.error);
}

}  // namespace troupe::core
