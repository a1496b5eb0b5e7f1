#pragma once

#include <cstdint>
#include <string>

#include "daemon/arbiter.h"
#include "daemon/core/event_ring.h"
#include "daemon/identities.h"
#include "daemon/stats/surveys.h"
#include "lib/api/args.h"
#include "lib/conf/arbiter_config.h"

namespace troupe::command {

/// Where the result of an operation goes in the reply of a caller that waited.
enum class Wrap {
  none,  ///< nowhere: the reply says ok
  info,  ///< under `info`
  top,   ///< its members at top level
};

/// Keeps callers until their ticket is settled.
class Waiters {
 public:
  virtual ~Waiters() = default;
  /// The request that is being handled is answered when this ticket is settled. Error: too many wait already.
  virtual Result<void> expect(core::Ticket ticket, Wrap wrap) = 0;
  /// The request that is being handled is handled again, from its beginning, when the data base of users has
  /// answered. False: that cannot be, since too many wait or somebody wants his answer at once; then go on
  /// without.
  virtual bool park() = 0;
  enum class Patience : std::uint8_t {
    waits,  ///< may be answered later
    none,   ///< asks from inside (Requests) and wants his answer at once
    deaf,   ///< a cast: hears no answer
  };
  /// Of who sent the request that is being handled.
  virtual Patience patience() const = 0;
};

/// What handlers work with.
struct Desk {
  Arbiter& arbiter;
  const core::EventRing& ring;
  const conf::ArbiterConfig& config;
  Surveys& stats;
  Waiters& waiters;
  std::string boot;
  int keeper_pid;
  Logs& logs;
  Identities& accounts;
};

/// One request at its handler. A handler returns the keys of the reply; or it takes a ticket(), and the reply
/// comes when that is settled.
struct Call {
  Desk& desk;
  const api::Args& args;
  bool waits = false;
  bool parked = false;  ///< it has not been handled yet: what is returned does not count

  const core::World& world() const { return desk.arbiter.world(); }
  /// For a caller that waits a new ticket, else 0. Error: too many wait already.
  Result<core::Ticket> ticket(Wrap wrap);
  /// The same for every caller: the reply is not known yet.
  Result<core::Ticket> answer_later(Wrap wrap);
  /// The watcher that the property names. Error: `program NAME not found` (Circus).
  Result<const core::Watcher*> watcher(std::string_view property = "name") const;
  /// Error while the arbiter stops or restarts: nothing new is begun then.
  Result<void> check_open() const;
};

struct Handler {
  std::string_view name;
  Result<Value> (*run)(Call& call);
};

/// The handler of a command; every command of lib/api has one, the compiler sees to it.
const Handler& handler(std::string_view command);

Error not_found(std::string_view name);

}  // namespace troupe::command
