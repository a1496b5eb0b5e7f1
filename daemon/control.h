#pragma once

#include <map>
#include <vector>

#include "daemon/command/call.h"
#include "lib/json/reader.h"
#include "lib/log/seldom.h"
#include "lib/wire/backlogs.h"
#include "lib/wire/frames.h"
#include "lib/wire/request.h"
#include "lib/wire/socket.h"

namespace troupe {

/// The control endpoint: takes requests from the ROUTER, hands them to their handlers, and answers, at once
/// or when the ticket of a caller that waits is settled. What is no request is answered with errno 1 or 3
/// where there is somebody to answer, else logged and dropped.
class Control final : public Callers, public command::Waiters, public Requests {
 public:
  /// Callers that wait at the same time; one more is refused.
  static constexpr std::size_t most_waiting = 10000;
  /// Requests that wait for the data base of users.
  static constexpr std::size_t most_parked = 64;
  static constexpr std::size_t longest_waiting_id = 1024;  ///< bytes, as it is written

  /// Bytes of replies that one client may leave unread; a further one is dropped, unless he has read all
  /// others.
  static constexpr std::size_t most_unread = 16 << 20;

  /// The same for all clients together. Beyond it who has read all of his gets only replies up to
  /// `always_taken`, so that ordinary ones go on; in place of a longer one he is told so.
  static constexpr std::size_t most_unread_of_all = 256 << 20;
  static constexpr std::size_t always_taken = 64 << 10;

  explicit Control(wire::Socket& router) : router_(router) {}

  /// Before the first message.
  void serve(command::Desk& desk) { desk_ = &desk; }
  void on_message(wire::Frames& frames);
  /// At the end, when the loop has stopped: refuses the requests that have come, and those that come close
  /// behind them, so that nobody is left without an answer. Takes `most` at the longest.
  void turn_away_rest(Duration most);
  /// Somebody came or went, with what he had not read perhaps.
  void on_connections() { give_back(); }

  std::string ask(std::string_view request) override;
  void settle(const core::Settle& settle) override;
  Result<void> expect(core::Ticket ticket, command::Wrap wrap) override;
  bool park() override;
  Patience patience() const override;
  /// The data base of users has answered: what was parked is handled again.
  void on_account();

 private:
  struct Pending {
    wire::Envelope envelope;  ///< without its body
    std::string id;
    bool cast;
    command::Wrap wrap;
  };

  struct Parked {
    Pending pending;
    wire::Request request;
  };

  void take(wire::Frames& frames);
  void handle(const wire::Request& request);
  Result<Value> run(const wire::Request& request, bool& waits, bool& parked);
  void answer(const Pending& to, const Result<Value>& result);
  void send(const Pending& to, std::string text);
  bool is_too_much(const wire::Backlog& his, std::size_t size, std::string& why);
  void give_back();
  void warn(log::Seldom& seldom, std::string_view what, std::string_view why);

  wire::Socket& router_;
  command::Desk* desk_ = nullptr;
  json::Reader reader_;
  Pending current_;
  bool leaving_ = false;
  std::map<core::Ticket, Pending> waiting_;
  std::vector<Parked> parked_;
  bool may_wait_ = false;      ///< the request that is being handled
  core::Ticket expected_ = 0;  ///< by the request that is being handled
  wire::Backlogs backlogs_;
  std::size_t most_seen_ = 0;  ///< of their load since memory was given back
  log::Seldom dropped_, failed_casts_, lost_;
};

}  // namespace troupe
