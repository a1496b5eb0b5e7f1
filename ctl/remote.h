#pragma once

#include <string>

#include "ctl/daemon.h"
#include "ctl/endpoint.h"
#include "lib/wire/client.h"
#include "lib/wire/context.h"

namespace troupe::ctl {

/// A daemon behind a socket. A call without an answer says what may be wrong.
class Remote : public Daemon {
 public:
  /// Succeeds also when nobody is there yet; it goes on when the daemon comes, or comes back. Error: bad
  /// keys.
  static Result<Remote> connect(const wire::Context& context, const std::string& endpoint,
                                const Surroundings& around);

  Result<Value> call(std::string_view command, const Value& properties, Duration timeout) override;

  /// A call ends early when nobody reads from this pipe, socket or terminal any more.
  void give_up_with(int output) { client_.give_up_with(output); }

 private:
  Remote(wire::Client client, std::string (*listens)(const std::string&), bool has_keys);

  wire::Client client_;
  std::string (*listens_)(const std::string&);
  bool has_keys_;
};

}  // namespace troupe::ctl
