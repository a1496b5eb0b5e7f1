#include "lib/conf/endpoint.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/conf/problem.h"

namespace troupe::conf {

namespace {

constexpr std::string_view tcp = "tcp://";

Error invalid(std::string_view endpoint, std::string_view why) {
  return make_error(Code::invalid, shown(endpoint) + " is not an endpoint: " + std::string(why));
}

/// `HOST:PORT` of a tcp endpoint; the host may be a bracketed IPv6 address.
struct Address {
  std::string_view host;
  std::string_view port;
};

Address read_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Result<void> check_tcp(std::string_view endpoint, std::string_view rest) {
  const auto [host, port] = read_address(rest);
  const auto number = parse_int(port);
  const bool is_any = port == "*" || port == "0";
  if (host.empty()) return invalid(endpoint, "the host is missing");
  if (!is_any && (!number || *number < 1 || *number > 65535))
    return invalid(endpoint, "there is no good port");
  return {};
}

}  // namespace

Result<void> check_endpoint(std::string_view endpoint) {
  const auto colon = endpoint.find("://");
  if (colon == std::string_view::npos) return invalid(endpoint, "write tcp://HOST:PORT or ipc://PATH");
  const auto transport = endpoint.substr(0, colon);
  const auto rest = endpoint.substr(colon + 3);
  if (transport == "tcp") return check_tcp(endpoint, rest);
  if (transport != "ipc") return invalid(endpoint, "the transport must be tcp or ipc");
  if (rest.empty()) return invalid(endpoint, "the path is missing");
  if (rest.size() > longest_socket_path)
    return invalid(endpoint, "the path is longer than " + std::to_string(longest_socket_path) + " bytes");
  return {};
}

bool is_beyond_loopback(std::string_view endpoint) {
  if (!endpoint.starts_with(tcp)) return false;
  const std::string_view host = read_address(endpoint.substr(tcp.size())).host;
  if (host == "localhost" || host == "lo" || host == "[::1]" || host == "::1") return false;
  const bool is_number = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return !(is_number && host.starts_with("127."));
}

std::string reachable(std::string_view endpoint, std::string_view known) {
  if (!endpoint.starts_with(tcp)) return std::string(endpoint);
  const auto [host, port] = read_address(endpoint.substr(tcp.size()));
  if (host != "*" && host != "0.0.0.0" && host != "[::]") return std::string(endpoint);
  std::string_view reached = host == "[::]" ? "[::1]" : "127.0.0.1";
  if (known.starts_with(tcp)) reached = read_address(known.substr(tcp.size())).host;
  return std::string(tcp) + std::string(reached) + ":" + std::string(port);
}

}  // namespace troupe::conf
