#include "daemon/command/call.h"

namespace troupe::command {

Result<core::Ticket> Call::ticket(Wrap wrap) {
  return args.waiting() ? answer_later(wrap) : core::Ticket{0};
}

Result<core::Ticket> Call::answer_later(Wrap wrap) {
  const core::Ticket ticket = desk.arbiter.new_ticket();
  if (auto expected = desk.waiters.expect(ticket, wrap); !expected) return expected.error();
  waits = true;
  return ticket;
}

Result<const core::Watcher*> Call::watcher(std::string_view property) const {
  const std::string& name = args.text(property);
  if (const core::Watcher* found = world().find(name)) return found;
  return not_found(name);
}

Result<void> Call::check_open() const {
  if (auto no = world().refusal()) return *std::move(no);
  return {};
}

Error not_found(std::string_view name) {
  return make_error(Code::not_found, "program " + std::string(name) + " not found");
}

}  // namespace troupe::command
