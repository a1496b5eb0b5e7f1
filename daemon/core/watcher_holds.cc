#include <algorithm>

#include "daemon/core/watcher.h"

namespace troupe::core {

/// Whether anything holds that wid back (a hold of the whole watcher does); 0 asks for the whole watcher.
bool Watcher::held(int wid) const {
  return std::any_of(holds_.begin(), holds_.end(),
                     [&](const Hold& hold) { return hold.wid == 0 || hold.wid == wid; });
}

std::string Watcher::held_text() const {
  const Hold& hold = holds_.back();
  return "held by " + hold.by + (hold.reason.empty() ? "" : ": " + hold.reason);
}

void Watcher::hold(Turn& turn, Hold hold) {
  std::erase_if(holds_, [&](const Hold& known) { return known.wid == hold.wid && known.by == hold.by; });
  Value data = Value::object().set("by", hold.by).set("reason", hold.reason);
  if (hold.wid != 0) data.set("wid", hold.wid);
  turn.publish(topic_, "hold", std::move(data));
  holds_.push_back(std::move(hold));
  drop_expired_holds(turn);
  after_input(turn);
}

template <class Which>
void Watcher::drop_holds(Turn& turn, Which which) {
  std::vector<Hold> kept;
  for (Hold& hold : std::exchange(holds_, {})) {
    if (!which(hold)) {
      kept.push_back(std::move(hold));
      continue;
    }
    Value data = Value::object().set("by", hold.by);
    if (hold.wid != 0) data.set("wid", hold.wid);
    turn.publish(topic_, "unhold", std::move(data));
  }
  holds_ = std::move(kept);
}

void Watcher::drop_all_holds(Turn& turn) {
  drop_holds(turn, [](const Hold&) { return true; });
}

void Watcher::drop_expired_holds(Turn& turn) {
  drop_holds(turn, [&](const Hold& hold) { return hold.until <= turn.now; });
}

void Watcher::unhold(Turn& turn, int wid, const std::string& by) {
  drop_holds(turn, [&](const Hold& hold) { return hold.wid == wid && (by.empty() || hold.by == by); });
  after_input(turn);
}

}  // namespace troupe::core
