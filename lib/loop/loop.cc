#include "lib/loop/loop.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "lib/loop/deferred.h"
#include "lib/loop/loop_impl.h"

namespace troupe::loop {

namespace {

event_base* open_base() {
  event_config* config = event_config_new();
  // One thread, no locks; and no EVENT_* variable of somebody's environment changes what we do.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
  event_config_require_features(config, EV_FEATURE_ET);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  if (!base) give_up("cannot make an event loop");
  return base;
}

}  // namespace

void give_up(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

Loop::Impl::Impl() : base(open_base()) {
  if (timers.fd() < 0) give_up("cannot make a timer descriptor");
  timer_event = event_new(base, timers.fd(), EV_READ | EV_PERSIST, on_timer, this);
  if (event_add(timer_event, nullptr) != 0) give_up("cannot watch the timer descriptor");
}

Loop::Impl::~Impl() {
  event_free(timer_event);
  event_base_free(base);
}

void Loop::Impl::on_timer(int fd, short, void* self) {
  std::uint64_t times;
  if (read(fd, &times, sizeof times) < 0) return;  // not due: set to another time meanwhile
  Impl& impl = *static_cast<Impl*>(self);
  impl.timers.ring(std::chrono::steady_clock::now(), impl.stopping);
}

void Loop::Impl::call_deferred() {
  calling.swap(deferred);
  for (std::size_t i = 0; i < calling.size() && !stopping; ++i) {
    Deferred* const next = std::exchange(calling[i], nullptr);
    if (!next) continue;
    next->scheduled_ = false;
    const auto on_call = next->on_call_;
    on_call();
  }
  // After a stop half-way the rest stays scheduled.
  std::erase(calling, nullptr);
  deferred.insert(deferred.begin(), calling.begin(), calling.end());
  calling.clear();
}

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
  while (!impl_->stopping) {
    impl_->call_deferred();
    if (impl_->stopping) break;
    impl_->timers.arm();
    const int wait = impl_->deferred.empty() ? 0 : EVLOOP_NONBLOCK;
    event_base_loop(impl_->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY | wait);
  }
  impl_->stopping = false;
}

void Loop::stop() {
  impl_->stopping = true;
  event_base_loopbreak(impl_->base);
}

Instant Loop::now() const {
  return std::chrono::steady_clock::now();
}

}  // namespace troupe::loop
