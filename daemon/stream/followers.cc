#include "daemon/stream/followers.h"

#include <algorithm>

#include "daemon/core/stream/log_reply.h"
#include "lib/loop/loop.h"

namespace troupe {

Followers::Followers(loop::Loop& loop, const core::Tails& tails)
    : loop_(loop),
      tails_(tails),
      look_(loop, loop::Deferred::OnCall::to<&Followers::look>(*this)),
      timer_(loop, loop::TimerWatch::OnTimer::to<&Followers::look>(*this)) {}

Result<void> Followers::follow(core::Ticket ticket, const core::LogQuery& query, Instant until) {
  if (waiting_.size() >= most) return make_error(Code::limit, "256 callers wait for logs already");
  waiting_.push_back({ticket, query, until});
  set_timer();
  return {};
}

void Followers::look() {
  const Instant now = loop_.now();
  std::vector<Waiting> over;
  std::erase_if(waiting_, [&](const Waiting& one) {
    if (now < one.until && !tails_.has_news(one.query)) return false;
    over.push_back(one);
    return true;
  });
  set_timer();
  for (const Waiting& one : over) callers_->settle({one.ticket, core::log_reply(tails_.read(one.query)), {}});
}

void Followers::set_timer() {
  Instant first = core::never;
  for (const Waiting& one : waiting_) first = std::min(first, one.until);
  if (first == core::never) {
    timer_.cancel();
  } else {
    timer_.set(first);
  }
}

}  // namespace troupe
