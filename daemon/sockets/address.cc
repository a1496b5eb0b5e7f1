#include "daemon/sockets/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

#include "lib/conf/endpoint.h"
#include "lib/os/local_hosts.h"

namespace troupe {

namespace {

static_assert(conf::longest_socket_path == sizeof(sockaddr_un::sun_path) - 1);

const sockaddr_in& inet(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in&>(storage);
}

const sockaddr_in6& inet6(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in6&>(storage);
}

}  // namespace

int kernel_family(conf::SocketFamily family) {
  switch (family) {
    case conf::SocketFamily::inet:
      return AF_INET;
    case conf::SocketFamily::inet6:
      return AF_INET6;
    case conf::SocketFamily::local:
      return AF_UNIX;
  }
  return AF_UNSPEC;
}

Result<Address> Address::find(const conf::SocketConfig& config, HostLookup how) {
  Address address;
  if (config.family == conf::SocketFamily::local) {
    auto& own = reinterpret_cast<sockaddr_un&>(address.storage_);
    if (config.path->size() > conf::longest_socket_path) {
      return make_error(Code::invalid,
                        "the path is longer than " + std::to_string(conf::longest_socket_path) + " bytes");
    }
    own.sun_family = AF_UNIX;
    std::memcpy(own.sun_path, config.path->data(), config.path->size());
    address.size_ = sizeof own;
    return address;
  }
  const bool waits = how == HostLookup::wait;
  int error = address.look_up(config, config.host, waits ? 0 : AI_NUMERICHOST);
  if (error == 0) return address;
  if (waits) return make_error(Code::not_found, config.host + ": " + gai_strerror(error));
  for (const std::string& number : os::find_local_host(config.host)) {
    if (error = address.look_up(config, number, AI_NUMERICHOST); error == 0) return address;
  }
  return make_error(Code::not_found,
                    config.host +
                        ": is no address and not in /etc/hosts; only at its start the daemon waits "
                        "for a name server: write the address, or start it anew");
}

/// 0, or an error of getaddrinfo(3).
int Address::look_up(const conf::SocketConfig& config, const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_family = kernel_family(config.family);
  hints.ai_socktype = SOCK_STREAM;  // any, so that each address comes once
  hints.ai_flags = AI_PASSIVE | flags;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(config.port);
  const int error = getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return error;
  std::memcpy(&storage_, found->ai_addr, found->ai_addrlen);
  size_ = found->ai_addrlen;
  freeaddrinfo(found);
  return 0;
}

Address Address::of(int fd) {
  Address address;
  address.size_ = sizeof address.storage_;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) != 0) address = {};
  return address;
}

std::string Address::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage_.ss_family == AF_INET) inet_ntop(AF_INET, &inet(storage_).sin_addr, text, sizeof text);
  if (storage_.ss_family == AF_INET6) inet_ntop(AF_INET6, &inet6(storage_).sin6_addr, text, sizeof text);
  return text;
}

int Address::port() const {
  if (storage_.ss_family == AF_INET) return ntohs(inet(storage_).sin_port);
  if (storage_.ss_family == AF_INET6) return ntohs(inet6(storage_).sin6_port);
  return 0;
}

std::string Address::text() const {
  if (storage_.ss_family == AF_UNIX) return reinterpret_cast<const sockaddr_un&>(storage_).sun_path;
  const bool has_colons = storage_.ss_family == AF_INET6;
  return (has_colons ? "[" + host() + "]" : host()) + ":" + std::to_string(port());
}

}  // namespace troupe
