#include "daemon/hooks/hook_output.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lib/log/log.h"

namespace troupe {

HookOutput::HookOutput(loop::Loop& loop, os::Fd pipe, std::string who, bool collect)
    : pipe_(std::move(pipe)),
      who_(std::move(who)),
      collect_(collect),
      watch_(loop, pipe_.get(), {.readable = true},
             loop::FdWatch::OnReady::to<&HookOutput::on_ready>(*this)) {}

void HookOutput::name(std::string who) {
  end_call();
  who_ = std::move(who);
}

void HookOutput::drain() {
  constexpr int most_pieces = 64;
  take(most_pieces);
}

void HookOutput::take(int pieces) {
  char piece[16384];
  while (pipe_ && pieces-- > 0) {
    const ssize_t size = read(pipe_.get(), piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size > 0) {
      take_bytes({piece, static_cast<std::size_t>(size)});
      continue;
    }
    end_call();
    watch_.set_interest({});
    pipe_.reset();
  }
}

void HookOutput::take_bytes(std::string_view bytes) {
  if (collect_) {
    text_.append(bytes.substr(0, most_collected - std::min(most_collected, text_.size())));
    return;
  }
  for (const char c : bytes) {
    if (c != '\n') text_ += c;
    if (c == '\n' || text_.size() == longest_line) end_line();
  }
}

void HookOutput::end_line() {
  if (++lines_ <= most_lines) log::info("{}: {}", who_, text_);
  text_.clear();
}

void HookOutput::end_call() {
  if (collect_) return;
  if (!text_.empty()) end_line();
  if (lines_ > most_lines) log::warning("{}: {} more lines are left out", who_, lines_ - most_lines);
  lines_ = 0;
}

}  // namespace troupe
