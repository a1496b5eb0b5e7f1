#include "daemon/core/world.h"
#include "lib/base/text.h"

namespace troupe::core {

void Watcher::audit(std::vector<std::string>& faults) const {
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) faults.push_back(name() + ": " + what);
  };
  Tally recount;
  std::set<SlotId> ready;
  std::set<int> wids;
  const Operation* reload = front(Operation::Phase::replacing);
  for (const auto& [id, slot] : slots_) {
    recount.add(slot, +1);
    if (slot.ready()) ready.insert(id);
    expect(slot.state() != Slot::State::gone, "a slot that is gone is still there");
    expect(slot.wid() == 0 || wids.insert(slot.wid()).second, "a wid was given twice");
    const auto owner = common_.slots.find(id);
    expect(owner != common_.slots.end() && owner->second == id_, "a slot that the world does not know");
    const auto process = common_.processes.find(slot.process());
    const bool known =
        process != common_.processes.end() && process->second == std::pair<WatcherId, SlotId>{id_, id};
    expect(known == slot.alive(), "processes known and alive are not the same");
    const bool in_exec = slot.alive() && !slot.has_pid();
    expect(in_exec == common_.spawn_queue.in_flight(slot.process()), "processes in exec are not those known");
    if (slot.leaving() && slot.state() != Slot::State::stopping) {
      expect((reload && !reload->sequential) || line_.busy(), "a slot that leaves is not being stopped");
    }
  }
  expect(recount == tally_, "the tally is not true");
  expect(ready == ready_, "the ready slots are not those kept");
  // A stop that waits for a hook has brought what a change that it ended was to bring; it ends them all.
  const bool stops = !operations_.empty() && operations_.front().kind == Operation::Kind::stop;
  if (wants_processes() && !stops) {
    expect(tally_.members <= config_.numprocesses, "more members than numprocesses");
  }
  if (wants_processes() && gave_up_ && operations_.empty() && !line_.busy()) {
    expect(!slots_.empty() || config_.numprocesses == 0, "given up, and up without a process");
  }
  if (state_ == State::stopping) expect(!operations_.empty(), "stopping without an operation");
  if (state_ == State::stopped) {
    const bool waits =
        !operations_.empty() && operations_.front().joint != 0 && awaits_turn(operations_.front().joint);
    expect(slots_.empty() && (idle() || waits || line_.busy()), "stopped, but not at rest");
  }
  expect(up_ == (state_ != State::stopped || line_.busy()), "up is not true");
  expect(line_.running || line_.steps.empty(), "steps wait, but no hook runs");
  expect(!line_.running || common_.hooks.count(line_.id) > 0, "a hook runs that the world does not know");
  expect(!spawn_permit_ || wants_processes(), "a spawn is permitted, but none is wanted");
  if (common_.awaited.count(id_) > 0) {
    expect(state_ == State::stopped && wanted_ && config_.on_demand, "waits for a socket without reason");
  }
  for (const KillWait& kill : kills_) {
    expect(!kill.left.empty(), "a kill that waits for nothing");
    for (const ProcessId process : kill.left) {
      expect(common_.processes.count(process) > 0, "a kill waits for a process that is gone");
    }
  }
}

std::vector<std::string> World::audit() const {
  std::vector<std::string> faults;
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) faults.emplace_back(what);
  };
  std::size_t slots = 0;
  int processes = 0, watchers_up = 0, plugins_up = 0;
  for (const auto& [id, watcher] : watchers_) {
    watcher->audit(faults);
    slots += watcher->slots().size();
    processes += watcher->process_count();
    const bool up = watcher->up();
    (watcher->config().plugin ? plugins_up : watchers_up) += up;
    if (removed_.count(id) == 0) {
      const auto named = by_name_.find(to_lower(watcher->name()));
      expect(named != by_name_.end() && named->second == watcher.get(),
             "a watcher that its name does not find");
    } else {
      expect(up, "a removed watcher that is stopped was kept");
    }
  }
  expect(by_name_.size() + removed_.size() == watchers_.size(), "names and watchers are not the same number");
  expect(slots == common_.slots.size(), "slots are known that no watcher has");
  expect(static_cast<std::size_t>(processes) == common_.processes.size(),
         "processes are known that no slot has");
  expect(common_.spawn_queue.in_flight() <= SpawnQueue::max_in_flight, "too many processes in exec");
  expect(common_.watchers_up == watchers_up && common_.plugins_up == plugins_up,
         "the number of watchers that are up is not true");
  return faults;
}

}  // namespace troupe::core
