#include "lib/os/multicast.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "lib/os/system_error.h"

namespace troupe::os {

namespace {

/// On each interface by itself: without one named, the kernel takes the one that the group is routed to.
bool join_everywhere(int socket, const in_addr& group) {
  const std::unique_ptr<struct if_nameindex, void (*)(struct if_nameindex*)> interfaces(if_nameindex(),
                                                                                        if_freenameindex);
  bool joined = false;
  for (auto* at = interfaces.get(); at && at->if_index != 0; ++at) {
    ip_mreqn request{};
    request.imr_multiaddr = group;
    request.imr_ifindex = static_cast<int>(at->if_index);
    joined |= setsockopt(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) == 0;
  }
  return joined;
}

}  // namespace

Result<Fd> open_multicast(const std::string& group, std::uint16_t port) {
  in_addr address{};
  const bool is_address = inet_pton(AF_INET, group.c_str(), &address) == 1;
  if (!is_address || !IN_MULTICAST(ntohl(address.s_addr))) {
    return make_error(Code::invalid, group + " is no address of a group: 224.0.0.0 to 239.255.255.255");
  }
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return system_error("socket", "", errno);
  constexpr int on = 1, ttl = 255;
  const auto set = [&](int level, int option, const int& value) {
    return setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
  };
  if (!set(SOL_SOCKET, SO_REUSEADDR, on) || !set(SOL_SOCKET, SO_REUSEPORT, on) ||
      !set(IPPROTO_IP, IP_MULTICAST_TTL, ttl)) {
    return system_error("setsockopt", "", errno);
  }
  sockaddr_in everywhere{};
  everywhere.sin_family = AF_INET;
  everywhere.sin_port = htons(port);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&everywhere), sizeof everywhere) != 0) {
    return system_error("bind", "0.0.0.0:" + std::to_string(port), errno);
  }
  if (!join_everywhere(socket.get(), address)) return system_error("join", group, errno);
  return socket;
}

std::optional<sockaddr_in> take_datagram(int socket) {
  for (;;) {
    char text[1024];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    if (recvfrom(socket, text, sizeof text, 0, reinterpret_cast<sockaddr*>(&from), &size) >= 0) return from;
    // An answer that nobody took comes back as an error of the socket; the next datagram is behind it.
    if (errno != EINTR && errno != ECONNREFUSED && errno != EHOSTUNREACH) return std::nullopt;
  }
}

void send_datagram(int socket, const sockaddr_in& to, std::string_view text) {
  // A datagram may get lost wherever it is; this one here.
  [[maybe_unused]] const ssize_t sent = sendto(socket, text.data(), text.size(), MSG_NOSIGNAL,
                                               reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

}  // namespace troupe::os
