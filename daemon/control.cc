#include "daemon/control.h"

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

Error unknown_command(const std::string& name) {
  return make_error(Code::unknown_command, "unknown command: '" + name + "'");
}

}  // namespace

void Control::on_message(wire::Frames& frames) {
  auto envelope = wire::open_envelope(std::move(frames));
  if (!envelope) {
    warn_dropped(envelope.error().text);
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
  bool waits = false;
  const Result<Value> result = run(request, waits);
  if (!result) log::debug("{}: {}", request.command, result.error().text);
  if (!result || !waits) answer(current_, result);
}

Result<Value> Control::run(const wire::Request& request, bool& waits) {
  const api::Command* command = api::find_command(request.command);
  if (!command) return unknown_command(request.command);
  auto args = api::bind(*command, request.properties);
  if (!args) return args.error();
  command::Call call{*desk_, *args};
  Result<Value> result = command::handler(command->name).run(call);
  waits = call.waits;
  return result;
}

Result<void> Control::expect(core::Ticket ticket, command::Wrap wrap) {
  if (waiting_.size() >= most_waiting) {
    return make_error(Code::limit, "10000 callers wait already; try again without waiting");
  }
  Pending pending = current_;
  pending.wrap = wrap;
  waiting_.emplace(ticket, std::move(pending));
  return {};
}

void Control::settle(const core::Settle& settle) {
  const auto found = waiting_.find(settle.ticket);
  if (found == waiting_.end()) return;
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
    if (!result) log::warning("a cast failed: {}", result.error().text);
    return;
  }
  const Clock& clock = desk_->arbiter.clock();
  const double time = clock.wall(clock.now());
  const std::string text =
      result ? wire::ok_reply(*result, time, to.id)
             : wire::error_reply(api::wire_errno(result.error().code), result.error().text, time, to.id);
  const wire::Frames frames = wire::seal_reply(to.envelope, text);
  if (auto sent = router_.send(frames); !sent) log::debug("a reply is lost: {}", sent.error().text);
}

/// Anybody can send nonsense as fast as he likes: one line a second tells of all of it.
void Control::warn_dropped(std::string_view why) {
  ++dropped_;
  const Instant now = desk_->arbiter.clock().now();
  if (now - dropped_said_ < 1s && dropped_said_ != Instant{}) return;
  log::warning("dropped {} message(s) that are no request: {}", dropped_, why);
  dropped_ = 0;
  dropped_said_ = now;
}

}  // namespace troupe
