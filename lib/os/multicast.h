#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/os/fd.h"

namespace troupe::os {

/// A close-on-exec UDP socket that does not block: bound to every address at that port, beside others that
/// are so too, and member of the group on every interface that takes it. Error: the address is none of a
/// group (224.0.0.0 to 239.255.255.255), the port cannot be bound, no interface takes the group.
Result<Fd> open_multicast(const std::string& group, std::uint16_t port);

/// The sender of the next datagram, whose text is not looked at. Nothing: no more are there.
std::optional<sockaddr_in> take_datagram(int socket);
/// One datagram, or none when there is no room for it.
void send_datagram(int socket, const sockaddr_in& to, std::string_view text);

}  // namespace troupe::os
