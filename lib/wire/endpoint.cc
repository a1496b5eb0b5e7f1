#include "lib/wire/endpoint.h"

#include "lib/base/text.h"

namespace troupe::wire {

std::optional<std::string> ipc_path(std::string_view endpoint) {
  constexpr std::string_view scheme = "ipc://";
  if (!endpoint.starts_with(scheme)) return std::nullopt;
  endpoint.remove_prefix(scheme.size());
  if (endpoint.empty() || endpoint.starts_with('@') || endpoint == "*") return std::nullopt;
  return std::string(endpoint);
}

std::optional<int> tcp_port(std::string_view endpoint) {
  if (!endpoint.starts_with("tcp://")) return std::nullopt;
  const auto colon = endpoint.rfind(':');
  const auto port = parse_int(endpoint.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return std::nullopt;
  return static_cast<int>(*port);
}

}  // namespace troupe::wire
