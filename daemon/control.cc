#include "daemon/control.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "lib/api/errors.h"
#include "lib/log/log.h"
#include "lib/wire/reply.h"

namespace troupe {

namespace {

Value wrapped(const Value& result, command::Wrap wrap) {
  switch (wrap) {
    case command::Wrap::info:
      return Value::object().set("info", result);
    case command::Wrap::top:
      return result;
    case command::Wrap::none:
      break;
  }
  return Value::object();
}

/// Above it the allocator is asked to give back what a message took.
constexpr std::size_t large_message = 1 << 20;
/// The same for replies that were left unread.
constexpr std::size_t worth_giving_back = 16 << 20;

bool is_large(const wire::Frames& frames) {
  std::size_t bytes = 0;
  for (const std::string& frame : frames) bytes += frame.size();
  return bytes > large_message;
}

Error unknown_command(const std::string& name) {
  return make_error(Code::unknown_command, "unknown command: '" + name + "'");
}

}  // namespace

void Control::on_message(wire::Frames& frames) {
  const bool large = is_large(frames);
  take(frames);
  current_ = {};
  if (large) malloc_trim(0);
  give_back();
}

void Control::turn_away_rest(Duration most) {
  constexpr Duration close_behind = 5ms;
  leaving_ = true;
  on_account();  // all of them are refused now
  const Instant end = desk_->arbiter.clock().now() + most;
  while (desk_->arbiter.clock().now() < end && router_.wait(close_behind)) {
    if (auto frames = router_.receive()) on_message(*frames);
  }
}

void Control::take(wire::Frames& frames) {
  auto envelope = wire::open_envelope(std::move(frames));
  if (!envelope) {
    warn(dropped_, "messages that are no request were dropped", envelope.error().text);
    return;
  }
  const std::string body = std::move(envelope->body);
  envelope->body.clear();
  auto decoded = wire::decode_request(body, reader_);
  if (const auto* bad = std::get_if<wire::BadRequest>(&decoded)) {
    answer(Pending{*std::move(envelope), bad->id, bad->cast, {}}, bad->error);
    return;
  }
  const wire::Request& request = std::get<wire::Request>(decoded);
  current_ = Pending{*std::move(envelope), request.id, request.cast, {}};
  handle(request);
}

void Control::handle(const wire::Request& request) {
  bool waits = false, parked = false;
  expected_ = 0;
  may_wait_ = true;
  const Result<Value> result = run(request, waits, parked);
  may_wait_ = false;
  if (parked) return parked_.push_back({current_, request});
  if (!result) waiting_.erase(expected_);  // the handler failed after it took a ticket
  if (!result) log::debug("{}: {}", request.command, result.error().text);
  if (!result || !waits) answer(current_, result);
}

std::string Control::ask(std::string_view text) {
  const Clock& clock = desk_->arbiter.clock();
  const double time = clock.wall(clock.now());
  const auto decoded = wire::decode_request(text, reader_);
  if (const auto* bad = std::get_if<wire::BadRequest>(&decoded)) {
    return wire::error_reply(api::wire_errno(bad->error.code), bad->error.text, time, bad->id);
  }
  const wire::Request& request = std::get<wire::Request>(decoded);
  bool waits = false, parked = false;
  expected_ = 0;
  current_ = {};
  Result<Value> result = run(request, waits, parked);
  waiting_.erase(expected_);  // whatever is to be waited for goes on without a listener
  if (result) return wire::ok_reply(waits ? Value::object() : *result, time, request.id);
  return wire::error_reply(api::wire_errno(result.error().code), result.error().text, time, request.id);
}

Result<Value> Control::run(const wire::Request& request, bool& waits, bool& parked) {
  if (leaving_) return make_error(Code::refused, "the daemon is stopping");
  const api::Command* command = api::find_command(request.command);
  if (!command) return unknown_command(request.command);
  auto args = api::bind(*command, request.properties);
  if (!args) return args.error();
  command::Call call{*desk_, *args};
  Result<Value> result = command::handler(command->name).run(call);
  waits = call.waits;
  parked = call.parked;
  return result;
}

bool Control::park() {
  return may_wait_ && parked_.size() < most_parked && current_.id.size() <= longest_waiting_id;
}

void Control::on_account() {
  for (const Parked& one : std::exchange(parked_, {})) {
    current_ = one.pending;
    handle(one.request);
  }
  current_ = {};
}

command::Waiters::Patience Control::patience() const {
  if (!may_wait_) return Patience::none;
  return current_.cast ? Patience::deaf : Patience::waits;
}

Result<void> Control::expect(core::Ticket ticket, command::Wrap wrap) {
  if (current_.cast) return {};  // it hears nothing, so it takes no place
  if (waiting_.size() >= most_waiting) {
    return make_error(Code::limit,
                      std::to_string(most_waiting) + " callers wait already; try again without waiting");
  }
  // Kept for as long as the caller waits; at once, any id comes back.
  if (current_.id.size() > longest_waiting_id)
    return make_error(Code::limit, "the 'id' of who waits may have " + std::to_string(longest_waiting_id) +
                                       " bytes; send a shorter one");
  Pending pending = current_;
  pending.wrap = wrap;
  waiting_.emplace(ticket, std::move(pending));
  expected_ = ticket;
  return {};
}

void Control::settle(const core::Settle& settle) {
  const auto found = waiting_.find(settle.ticket);
  if (found == waiting_.end()) {
    if (settle.error) warn(failed_casts_, "casts failed", settle.error->text);
    return;
  }
  const Pending pending = std::move(found->second);
  waiting_.erase(found);
  if (settle.error) {
    answer(pending, *settle.error);
  } else {
    answer(pending, wrapped(settle.result, pending.wrap));
  }
}

void Control::answer(const Pending& to, const Result<Value>& result) {
  if (to.cast) {
    if (!result) warn(failed_casts_, "casts failed", result.error().text);
    return;
  }
  const Clock& clock = desk_->arbiter.clock();
  const double time = clock.wall(clock.now());
  std::string text =
      result ? wire::ok_reply(*result, time, to.id)
             : wire::error_reply(api::wire_errno(result.error().code), result.error().text, time, to.id);
  send(to, std::move(text));
}

/// Whether the reply is one too many to leave unread, and for whom.
bool Control::is_too_much(const wire::Backlog& his, std::size_t size, std::string& why) {
  const std::size_t unread = his->bytes();
  if (unread == 0 && size <= always_taken) return false;
  const std::size_t all = backlogs_.load();
  most_seen_ = std::max(most_seen_, all + size);
  if (unread > 0 && unread + size > most_unread) {
    why = "he leaves " + std::to_string(unread) + " bytes unread";
  } else if (all > 0 && all + size > most_unread_of_all) {
    why = "clients leave " + std::to_string(all) + " bytes of replies unread together";
  }
  return !why.empty();
}

void Control::send(const Pending& to, std::string text) {
  const wire::Backlog& backlog = backlogs_.of(to.envelope.identity);
  std::string why;
  Result<void> sent;
  if (is_too_much(backlog, text.size(), why)) {
    sent = make_error(Code::limit, why);
    if (backlog->bytes() == 0) {  // he did nothing wrong, and waits
      const Clock& clock = desk_->arbiter.clock();
      text = wire::error_reply(api::wire_errno(Code::limit), why + "; ask again later",
                               clock.wall(clock.now()), to.id);
      (void)router_.send(wire::seal_reply(to.envelope, std::move(text)), backlog);
    }
  } else {
    sent = router_.send(wire::seal_reply(to.envelope, std::move(text)), backlog);
  }
  if (sent) return;
  if (sent.error().code == Code::limit) {
    warn(lost_, "replies to a client that does not read were dropped", sent.error().text);
  } else {
    log::debug("a reply is lost: {}", sent.error().text);
  }
}

/// The allocator keeps what many small replies took; when most of it was read, or went with its clients, the
/// system gets it back.
void Control::give_back() {
  if (most_seen_ < worth_giving_back) return;
  const std::size_t left = backlogs_.load();
  if (left > most_seen_ / 2) return;
  most_seen_ = left;
  malloc_trim(0);
}

void Control::warn(log::Seldom& seldom, std::string_view what, std::string_view why) {
  const std::uint64_t count = seldom.happened(desk_->arbiter.clock().now());
  if (count > 0) log::warning("{} {}: {}", count, what, why);
}

}  // namespace troupe
