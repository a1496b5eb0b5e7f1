#include <array>

#include "lib/conf/choice_kind.h"
#include "lib/conf/find_option.h"
#include "lib/conf/kinds.h"
#include "lib/conf/option.h"
#include "lib/conf/option_row.h"

namespace troupe::conf {

namespace {

using S = SocketConfig;

constexpr std::array<std::string_view, 3> families = {"AF_INET", "AF_INET6", "AF_UNIX"};
constexpr std::array<std::string_view, 5> types = {"SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM",
                                                   "SOCK_SEQPACKET"};

constexpr SocketOption rows[] = {
    option<IntegerKind<0>, &S::backlog>({.name = "backlog",
                                         .fallback = "2048",
                                         .where = in_file,
                                         .doc = "How many connections may wait to be accepted."}),
    option<FlagKind, &S::blocking>({.name = "blocking",
                                    .fallback = "false",
                                    .where = in_file,
                                    .doc = "The socket is in blocking mode."}),
    option<ChoiceKind<SocketFamily, families>, &S::family>({.name = "family",
                                                            .fallback = "AF_INET",
                                                            .where = in_file,
                                                            .doc = "`AF_INET`, `AF_INET6` or `AF_UNIX`."}),
    option<TextKind, &S::host>(
        {.name = "host", .fallback = "localhost", .where = in_file, .doc = "Address or name to bind to."}),
    option<OptionalTextKind, &S::interface>(
        {.name = "interface", .fallback = "", .where = in_file, .doc = "Network device to bind to."}),
    option<OptionalTextKind, &S::path>({.name = "path",
                                        .fallback = "",
                                        .where = in_file,
                                        .doc = "File of a Unix socket; makes the family `AF_UNIX`."}),
    option<IntegerKind<0, 65535>, &S::port>(
        {.name = "port", .fallback = "8080", .where = in_file, .doc = "Port; 0: any that is free."}),
    option<TextKind, &S::proto>(
        {.name = "proto", .fallback = "0", .where = in_file, .doc = "Name of the protocol."}),
    option<FlagKind, &S::replace>({.name = "replace",
                                   .fallback = "false",
                                   .where = in_file,
                                   .doc = "Remove the file `path` if it is there."}),
    option<FlagKind, &S::so_reuseport>(
        {.name = "so_reuseport",
         .fallback = "false",
         .where = in_file,
         .doc = "Each process gets a socket of its own for the same address."}),
    option<ChoiceKind<SocketType, types>, &S::type>(
        {.name = "type",
         .fallback = "SOCK_STREAM",
         .where = in_file,
         .doc = "`SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_RAW`, `SOCK_RDM` or `SOCK_SEQPACKET`."}),
    option<OctalKind, &S::umask>({.name = "umask",
                                  .fallback = "010",
                                  .where = in_file,
                                  .doc = "File mode mask for the file of a Unix socket, octal."}),
};

}  // namespace

std::span<const SocketOption> socket_options() {
  return rows;
}

const SocketOption* find_socket_option(std::string_view key) {
  return find_option(socket_options(), key);
}

}  // namespace troupe::conf
