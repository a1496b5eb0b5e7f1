#include "daemon/spawn/naming_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe {

namespace {

/// As many as the arbiter asks for in a turn (Arbiter::spawns_a_turn).
constexpr std::ptrdiff_t most_a_turn = 16;

}  // namespace

NamingQueue::NamingQueue(loop::Loop& loop, Identities::LookUp look_up, OnNamed on_named)
    : on_named_(on_named),
      due_(loop, Callback<void()>::to<&NamingQueue::hand_out>(*this)),
      identities_(loop, Identities::OnAnswer::to<&NamingQueue::on_identity>(*this), look_up) {}

const Identity* NamingQueue::find(const core::Spawn& spawn, Instant now) {
  const Identity* const found = identities_.find({spawn.spec.uid, spawn.spec.gid}, now);
  if (!found) nameless_.push_back(spawn);
  return found;
}

void NamingQueue::on_identity() {
  for (core::Spawn& one : std::exchange(nameless_, {})) named_.push_back(std::move(one));
  if (!due_.is_scheduled()) hand_out();
}

void NamingQueue::hand_out() {
  const auto end = named_.begin() + std::min<std::ptrdiff_t>(std::ssize(named_), most_a_turn);
  const std::vector<core::Spawn> now(std::make_move_iterator(named_.begin()), std::make_move_iterator(end));
  named_.erase(named_.begin(), end);
  for (const core::Spawn& one : now) on_named_(one);
  if (!named_.empty()) due_.schedule();
}

bool NamingQueue::call_off(core::ProcessId process) {
  const auto waits = [process](const core::Spawn& spawn) { return spawn.process == process; };
  return std::erase_if(nameless_, waits) + std::erase_if(named_, waits) > 0;
}

}  // namespace troupe
