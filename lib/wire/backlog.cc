#include "lib/wire/backlog.h"

#include <sys/eventfd.h>

namespace troupe::wire {

void BacklogCount::add(std::size_t bytes) {
  bytes_ += bytes;
  ++messages_;
}

void BacklogCount::remove(std::size_t bytes) {
  bytes_ -= bytes;
  if (--messages_ == 0) ring();
}

int BacklogCount::hang_bell() {
  bell_.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  return bell_.get();
}

/// Asked for first and looked at then: whoever removes the last one meanwhile sees that it is asked for.
void BacklogCount::ring_when_empty() {
  awaited_ = true;
  if (messages_ == 0) ring();
}

void BacklogCount::ring() {
  if (awaited_.exchange(false)) (void)eventfd_write(bell_.get(), 1);
}

void BacklogCount::hush() {
  eventfd_t count;
  (void)eventfd_read(bell_.get(), &count);
}

}  // namespace troupe::wire
