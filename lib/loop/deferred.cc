#include "lib/loop/deferred.h"

#include <algorithm>
#include <utility>

#include "lib/loop/loop_impl.h"

namespace troupe::loop {

Deferred::Deferred(Loop& loop, OnCall on_call) : loop_(loop), on_call_(on_call) {}

Deferred::~Deferred() {
  cancel();
}

void Deferred::schedule() {
  if (!std::exchange(scheduled_, true)) loop_.impl_->deferred.push_back(this);
}

void Deferred::cancel() {
  if (!std::exchange(scheduled_, false)) return;
  Loop::Impl& impl = *loop_.impl_;
  std::erase(impl.deferred, this);
  std::replace(impl.calling.begin(), impl.calling.end(), this, static_cast<Deferred*>(nullptr));
}

}  // namespace troupe::loop
