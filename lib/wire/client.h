#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/duration.h"
#include "lib/base/result.h"
#include "lib/base/value.h"
#include "lib/json/reader.h"
#include "lib/wire/curve.h"
#include "lib/wire/socket.h"

namespace troupe::wire {

/// One who asks the control endpoint and waits for the answer. Every call has an id of its own; replies to
/// others (to a call that timed out before) are dropped.
class Client {
 public:
  /// Succeeds also when nobody is there yet: that shows when a call times out.
  /// `keys`: for an endpoint that takes_curve().
  static Result<Client> connect(const Context& context, std::string endpoint,
                                const std::optional<ClientKeys>& keys = {});

  /// The whole reply, an error reply too: `status`, `time`, …. Errors: Code::timed_out ("no answer from
  /// ipc:///run/troupe/control within 5 s"), Code::failed as soon as the other side is gone (what was
  /// asked is not sent again to who comes after it), or whoever reads from the `output` of give_up_with();
  /// Code::invalid_json when the other side is none of ours.
  Result<Value> call(std::string_view command, const Value& properties, Duration timeout);

  /// Not answered. Goes out when the endpoint can be reached within a second after the last use.
  Result<void> cast(std::string_view command, const Value& properties);

  /// From now on a call ends early when nobody reads from this pipe, socket or terminal any more.
  void give_up_with(int output) { output_ = output; }

  /// Why nobody can answer at an endpoint; empty: somebody listens, or nothing is known.
  using Probe = std::string (*)(const std::string& endpoint);
  /// From now on it is asked whenever no connection can be made, and a call ends early with what it says,
  /// Code::not_found.
  /// Without one a call waits for somebody to come.
  void give_up_when(Probe nobody_listens) { probe_ = nobody_listens; }

  const std::string& endpoint() const { return endpoint_; }
  /// The last connection that was lost ended before both sides had agreed to talk.
  bool was_shut_out() const { return shut_out_; }

 private:
  Client(Socket socket, Socket connection, std::string endpoint);
  std::optional<Result<Value>> find_answer(const Value& id);
  std::optional<std::string> find_loss();
  void connect_anew();
  bool is_reply_to(const Value& reply, const Value& id) const;

  Socket socket_;
  Socket connection_;     ///< tells when it is made and lost
  bool greeted_ = false;  ///< by the other side, so that what is sent goes out
  bool shut_out_ = false;
  bool failed_ = false;  ///< an attempt to connect, since the last look
  int output_ = -1;
  Probe probe_ = nullptr;
  std::string endpoint_;
  json::Reader reader_;
  std::string prefix_;  ///< random, so that ids of several clients differ in logs
  unsigned long calls_ = 0;
};

}  // namespace troupe::wire
