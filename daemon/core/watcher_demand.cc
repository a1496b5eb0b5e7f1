#include "daemon/core/watcher.h"

namespace troupe::core {

/// on_demand, and nothing is started until somebody connects: a start by hand only makes it wait again.
void Watcher::begin_wait(Turn& turn) {
  demand_at_ = {};
  demand_guard_ = {};
  if (common_.sockets.awaited_by(config_).empty()) {
    turn.note(Note::Level::warning,
              name() +
                  ": on_demand, but there is no socket to wait for: name one with $(circus.sockets.NAME) "
                  "or stdin_socket, or set use_sockets; one with so_reuseport does not count");
  }
}

void Watcher::start_by_demand(Turn& turn, const std::string& socket) {
  turn.note(Note::Level::info, name() + ": wanted at socket " + socket);
  demanded_ = turn.now;
  Operation start{Operation::Kind::start};
  start.by_demand = true;
  run(turn, std::move(start));
}

/// The last process of an on_demand watcher is gone. One that ends without having taken the connection would
/// be wanted again at once: the guard of a slot holds for the watcher then.
void Watcher::rest_until_demand(Turn& turn) {
  const bool spun_before = demand_guard_.spinning();
  demand_at_ = demand_guard_.next_start(respawn_policy(), demanded_, turn.now);
  if (demand_guard_.spinning() && !spun_before) {
    turn.note(Note::Level::warning,
              name() + ": its processes exit as soon as they start; from now on one start a second");
  }
}

/// Told to the world when it changes. Returns when to look again.
Instant Watcher::await_demand(const Turn& turn) {
  const bool may_wait = config_.on_demand && wanted_ && state_ == State::stopped && idle() && !gave_up_ &&
                        !held(0) && !unable();
  const bool pauses = may_wait && turn.now < demand_at_;
  std::vector<std::string> sockets;
  if (may_wait && !pauses) sockets = common_.sockets.awaited_by(config_);
  const auto known = common_.awaited.find(id_);
  const bool as_before = known == common_.awaited.end() ? sockets.empty() : known->second == sockets;
  if (!as_before) {
    common_.awaited_changed = true;
    common_.awaited.erase(id_);
    if (!sockets.empty()) common_.awaited.emplace(id_, std::move(sockets));
  }
  return pauses ? demand_at_ : never;
}

std::vector<std::string> Watcher::awaited_sockets() const {
  const auto known = common_.awaited.find(id_);
  return known == common_.awaited.end() ? std::vector<std::string>() : known->second;
}

void Watcher::forget_demand() {
  if (common_.awaited.erase(id_) > 0) common_.awaited_changed = true;
}

}  // namespace troupe::core
