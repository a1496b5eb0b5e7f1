#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/wire/socket.h"

namespace troupe::wire {

/// A request as a ROUTER gets it: who sent it, and whether that is a DEALER (`[id, json]`, as Circus's
/// clients) or a REQ (`[id, "", json]`), whose reply must have the empty frame again.
struct Envelope {
  std::string identity;
  bool delimited = false;
  std::string body;

  bool operator==(const Envelope&) const = default;
};

/// Error: Code::invalid, for the log; there is nobody to answer.
Result<Envelope> open_envelope(Frames frames);

/// The frames of a reply to what came in that envelope.
Frames seal_reply(const Envelope& request, std::string reply);

}  // namespace troupe::wire
