#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctl/daemon.h"
#include "ctl/endpoint.h"
#include "ctl/render.h"
#include "lib/wire/context.h"

namespace troupe::ctl {

/// What `events --follow` and `listen` want.
struct Following {
  std::vector<std::string> topics;    ///< prefixes; none: everything
  std::optional<std::int64_t> since;  ///< also what came after this event
  std::optional<std::int64_t> limit;  ///< leave after this many
  bool json = false;
};

/// What the properties that pack() made of `events --follow` or `listen` ask for.
Following following(const Value& properties, bool json);

/// Prints each event as it comes. Subscribes to everything and chooses itself, because only then a gap in the
/// numbers means a loss; what is lost is fetched. Returns when the output is closed, the limit is reached or
/// something cannot be done; a signal ends the process.
Outcome follow(const Following& wanted, Daemon& daemon, const std::string& control_endpoint,
               const wire::Context& context, const Surroundings& around, Look look);

}  // namespace troupe::ctl
