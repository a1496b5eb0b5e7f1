#include "lib/wire/who_listens.h"

#include "lib/wire/endpoint.h"

namespace troupe::wire {

std::optional<os::Listener> who_listens(std::string_view endpoint) {
  if (const auto port = tcp_port(endpoint)) return os::who_listens_at_tcp_port(*port);
  if (const auto path = ipc_path(endpoint)) return os::who_listens_at_path(*path);
  return std::nullopt;
}

}  // namespace troupe::wire
