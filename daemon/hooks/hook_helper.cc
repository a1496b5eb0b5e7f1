#include "daemon/hooks/hook_helper.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/json/writer.h"

namespace troupe {

namespace {

std::string text_of(const Value& message, std::string_view key) {
  const Value* found = message.find(key);
  const std::string* text = found ? found->as_text() : nullptr;
  return text ? *text : "";
}

core::HookOutcome outcome_of(const Value& done) {
  core::HookOutcome outcome;
  const Value* yes = done.find("yes");
  outcome.yes = yes && yes->as_bool() && *yes->as_bool();
  if (done.find("error")) outcome.error = text_of(done, "error");
  outcome.trace = text_of(done, "trace");
  if (const Value* stats = done.find("stats")) outcome.stats = *stats;
  return outcome;
}

}  // namespace

HookHelper::HookHelper(loop::Loop& loop, Owner& owner, core::ProcessId its_process,
                       const core::RunHook& first, os::Fd line, os::Fd its_output)
    : process(its_process),
      watcher(first.spec.watcher),
      spec(first.spec),
      version(first.version),
      output(its_output ? std::make_unique<HookOutput>(loop, std::move(its_output), watcher) : nullptr),
      owner_(owner),
      line_(std::move(line)),
      watch_(loop, line_.get(), {.readable = true}, loop::FdWatch::OnReady::to<&HookHelper::on_ready>(*this)),
      late_(loop, loop::TimerWatch::OnTimer::to<&HookHelper::on_late>(*this)) {}

void HookHelper::run(const core::RunHook& call) {
  hook = call.id;
  if (output) output->name(watcher + ": hook " + std::string(to_text(call.hook)));
  send(json::write(Value::object()
                       .set("run", call.id)
                       .set("hook", to_text(call.hook))
                       .set("function", call.target)
                       .set("arguments", call.arguments)));
}

void HookHelper::send(std::string text) {
  if (broken_) return;
  outgoing_ += text;
  outgoing_ += '\n';
  write();
}

void HookHelper::write() {
  while (!outgoing_.empty()) {
    const ssize_t sent = ::send(line_.get(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      outgoing_.erase(0, static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      outgoing_.clear();  // its end is told by the end of what it says
    }
  }
  if (outgoing_.size() > most_unread) return fail("it does not read the replies to its requests");
  watch_.set_interest({.readable = true, .writable = !outgoing_.empty()});
}

void HookHelper::on_ready(loop::Ready ready) {
  if (ready.writable && !broken_) write();
  if (ready.readable && !broken_) drain();
}

void HookHelper::drain() {
  constexpr int pieces_a_round = 4;
  char piece[65536];
  for (int pieces = 0; !broken_ && pieces < pieces_a_round; ++pieces) {
    const ssize_t size = recv(line_.get(), piece, sizeof piece, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return on_closed();
    incoming_.append(piece, static_cast<std::size_t>(size));
    for (std::size_t end; !broken_ && (end = incoming_.find('\n')) != std::string::npos;) {
      const std::string line = incoming_.substr(0, end);
      incoming_.erase(0, end + 1);
      take_line(line);
    }
    if (incoming_.size() > longest_line) fail("it has said a line of more than 1 MiB");
  }
}

void HookHelper::take_line(std::string_view line) {
  auto message = reader_.parse(line, json::Root::object);
  if (!message) return fail("it has said what is no JSON: " + message.error().text);
  if (const Value* done = message->find("done")) {
    const auto* const id = done->as_int();
    if (!id || hook == 0 || static_cast<core::HookId>(*id) != hook) return;
    if (output) output->drain();  // what it has printed comes before what came of it
    owner_.on_done(*this, outcome_of(*message));
  } else if (message->find("event")) {
    const Value* data = message->find("data");
    owner_.on_event(*this, text_of(*message, "event"), data && data->as_object() ? *data : Value::object());
  } else {
    send(owner_.on_request(*this, line));
  }
}

void HookHelper::close() {
  broken_ = true;
  watch_.set_interest({});
  line_.reset();
  late_.cancel();
  if (output) output->drain();
}

void HookHelper::on_closed() {
  close();
  late_.set_in(exit_patience);
}

void HookHelper::fail(const std::string& why) {
  if (broken_) return;
  close();
  owner_.on_broken(*this, why);
}

}  // namespace troupe
