#pragma once

#include <cstdint>
#include <type_traits>

namespace troupe::keeper {

/// What keeper and arbiter say to each other: one message is one datagram of fixed size on a SOCK_SEQPACKET
/// pair, in the byte order of the machine. A message begins with its kind. The first one the keeper sends is
/// Hello; an arbiter that meets another version there must not go on.
inline constexpr std::uint32_t protocol_version = 3;

/// Exits that are sent and not yet acknowledged. Such a pair holds about 278 small messages: this leaves room
/// for signals.
inline constexpr int max_in_flight = 64;

enum class Kind : std::uint32_t {
  hello = 1,
  exited,
  signal,
  ready = 16,
  done,
  failed,
  ack,
  heard,
  tell,
};

/// keeper → arbiter

struct Hello {
  Kind kind = Kind::hello;
  std::uint32_t version = protocol_version;
  std::int32_t keeper_pid = 0;
  char boot[16] = {};  ///< 64 random bits as hex digits; no NUL at the end
  std::uint32_t padding = 0;
  /// The descriptor limit before the keeper raised it: what children get back. All bits set = unlimited.
  std::uint64_t soft_descriptors = 0;
  std::uint64_t hard_descriptors = 0;
};

/// A process ended and is still a zombie. It is reaped, and its pid freed, on Order{Kind::ack, pid}.
struct Exited {
  Kind kind = Kind::exited;
  std::int32_t pid = 0;
  std::int32_t status = 0;  ///< exit status, or minus the number of the signal
  std::uint32_t core_dumped = 0;
  std::int64_t user_time = 0;    ///< microseconds
  std::int64_t system_time = 0;  ///< microseconds
  std::int64_t max_rss = 0;      ///< bytes
};

/// The keeper got this signal; one message for each.
struct Signalled {
  Kind kind = Kind::signal;
  std::int32_t number = 0;
};

/// arbiter → keeper

/// ready: the arbiter serves. done: everything is stopped, the keeper is to exit with `value`. ack: the exit
/// of pid `value` is recorded. heard: signal `value` was read, one order for each Signalled; an arbiter that
/// owes it for long hangs.
struct Order {
  Kind kind = Kind::ack;
  std::int32_t value = 0;
};

/// The arbiter gives up: the keeper says why on standard error and exits with `value`.
struct Failed {
  Kind kind = Kind::failed;
  std::int32_t value = 1;
  char text[496] = {};  ///< cut where it is too long; ends at the first NUL
};

/// For the service manager, if there is one: lines `KEY=VALUE` of sd_notify(3). The keeper sends them, as the
/// process that the manager started and trusts.
struct Tell {
  Kind kind = Kind::tell;
  char text[500] = {};  ///< cut where it is too long; ends at the first NUL
};

template <class Message>
inline constexpr bool plain =
    std::is_trivially_copyable_v<Message>&& std::has_unique_object_representations_v<Message>;
static_assert(plain<Hello> && plain<Exited> && plain<Signalled> && plain<Order> && plain<Failed> &&
                  plain<Tell>,
              "a message has no holes, so that no stray memory is sent");

}  // namespace troupe::keeper
