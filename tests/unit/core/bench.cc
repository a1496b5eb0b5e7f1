#include "tests/unit/core/bench.h"

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace troupe::core {

// ---- watchers and operations

conf::WatcherConfig Bench::config(std::string name, int numprocesses, std::string cmd) {
  conf::WatcherConfig config;
  config.name = std::move(name);
  config.cmd = std::move(cmd);
  config.numprocesses = numprocesses;
  return config;
}

WatcherId Bench::add(conf::WatcherConfig config) {
  const auto id = world.add(std::move(config), false, now);
  return *id;
}

WatcherId Bench::add_started(conf::WatcherConfig config) {
  const WatcherId id = add(std::move(config));
  start(id);
  run_for(0s);
  heard();
  return id;
}

Ticket Bench::run(WatcherId watcher, Operation::Kind kind, bool graceful, bool sequential) {
  Operation operation{kind, next_ticket(), graceful, sequential};
  world.run(watcher, operation, now);
  perform();
  return operation.ticket;
}

Ticket Bench::run_all(std::vector<WatcherId> watchers, Operation::Kind kind) {
  const Ticket ticket = next_ticket();
  world.run_all(std::move(watchers), Operation{kind, ticket}, now);
  perform();
  return ticket;
}

Ticket Bench::resize(WatcherId id, int numprocesses) {
  conf::WatcherConfig config = watcher(id).config();
  config.numprocesses = numprocesses;
  const Ticket ticket = next_ticket();
  world.update(id, std::move(config), 0, false, ticket, now);
  perform();
  return ticket;
}

Ticket Bench::kill(WatcherId watcher, Watcher::KillOrder order) {
  const Ticket ticket = next_ticket();
  world.kill(watcher, order, ticket, now);
  perform();
  return ticket;
}

Ticket Bench::remove(WatcherId watcher, bool stop) {
  const Ticket ticket = next_ticket();
  world.remove(watcher, stop, ticket, now);
  perform();
  return ticket;
}

Ticket Bench::quit() {
  const Ticket ticket = next_ticket();
  world.quit(ticket, now);
  perform();
  return ticket;
}

Ticket Bench::restart_arbiter() {
  const Ticket ticket = next_ticket();
  world.restart_all(ticket, now);
  perform();
  return ticket;
}

Ticket Bench::reload_config(std::vector<conf::WatcherConfig> watchers) {
  const Ticket ticket = next_ticket();
  NewConfig config;
  config.now.watchers = std::move(watchers);
  const auto plan = make_reload_plan(world, config);
  if (!plan) {
    answers_[ticket] = {ticket, {}, plan.error()};
    return ticket;
  }
  world.reload_config(*plan, config.now.watchers, ticket, now);
  perform();
  return ticket;
}

Ticket Bench::signal(WatcherId id, int signum) {
  std::vector<Signal> signals;
  for (const auto& [slot_id, slot] : watcher(id).slots()) {
    if (slot.has_pid()) signals.push_back({slot.process(), slot.pid(), signum});
  }
  const Ticket ticket = next_ticket();
  world.send_signals(id, signals, ticket, now);
  perform();
  return ticket;
}

void Bench::hold(WatcherId watcher, Hold hold) {
  world.hold(watcher, std::move(hold), now);
  perform();
}

void Bench::unhold(WatcherId watcher, int wid, const std::string& by) {
  world.unhold(watcher, wid, by, now);
  perform();
}

void Bench::open_sockets(const std::vector<std::string>& names) {
  std::vector<ManagedSocket> sockets;
  for (const std::string& name : names) {
    ManagedSocket socket;
    socket.config.name = name;
    sockets.push_back(std::move(socket));
  }
  world.set_sockets(ManagedSockets(std::move(sockets)), now);
  perform();
}

bool Bench::connect(const std::string& socket) {
  if (watched_sockets.erase(socket) == 0) return false;
  world.on_socket_ready(socket, now);
  perform();
  return true;
}

// ---- carrying out

void Bench::perform() {
  for (Effects effects = world.take(); !effects.empty(); effects = world.take()) {
    for (const Effect& effect : effects) {
      if (left && !std::holds_alternative<Settle>(effect)) {
        faults.push_back("an effect after Quit: " + std::to_string(effect.index()));
      }
      std::visit([this](const auto& one) { carry_out(one); }, effect);
    }
  }
}

void Bench::carry_out(const Spawn& effect) {
  ++spawns_in_turn;
  most_in_flight = std::max(most_in_flight, ++in_flight_);
  if (processes_.count(effect.process) > 0) faults.push_back("a process id was given twice");
  Process process;
  process.id = effect.process;
  process.pid = ++last_pid_;
  process.spec = effect.spec;
  if (const auto known = programs.find(effect.spec.argv.at(0)); known != programs.end()) {
    process.program = known->second;
  }
  for (int i = 0; i < process.program.descendants; ++i) process.descendants.insert(++last_pid_);
  by_pid_[process.pid] = process.id;
  const Instant at = now + process.program.exec_takes;
  processes_.emplace(process.id, std::move(process));
  schedule(at, Answer{Answer::Kind::exec_report, effect.process});
}

void Bench::carry_out(const CallOff& effect) {
  const auto found = processes_.find(effect.process);
  if (found == processes_.end())
    return faults.push_back("the start of a process was called off whose end was told");
  Process& process = found->second;
  if (process.reported) faults.push_back("a start was called off that is over");
  if (!process.program.waits_for_user) return;
  process.program.exec_error = ECANCELED;
  schedule(now, Answer{Answer::Kind::exec_report, process.id});
}

void Bench::carry_out(const Signal& effect) {
  const auto found = processes_.find(effect.process);
  if (found == processes_.end()) return faults.push_back("a signal to a process whose end was told");
  Process& process = found->second;
  if (effect.pid != 0 && effect.pid != process.pid) faults.push_back("a signal with the pid of another");
  if (effect.watch) ++process.watches;
  process.signals.push_back(effect.signum);
  const bool tree = effect.reach == Reach::tree;
  for (const int pid : tree ? std::set(process.descendants) : std::set<int>{}) {
    if (effect.watch) schedule(now, Answer{Answer::Kind::signalled, process.id, pid, effect.signum});
    if (!process.program.descendants_stay || effect.signum == SIGKILL) process.descendants.erase(pid);
  }
  if (process.alive && process.program.untouchable) {
    if (effect.signum == SIGKILL) schedule(now, Answer{Answer::Kind::stray, process.id, process.pid});
  } else if (process.alive && effect.signum == SIGKILL) {
    die(process, -SIGKILL);
  } else if (process.alive && !process.program.ignores_stop && !process.dying && effect.signum != SIGHUP) {
    process.dying = true;
    schedule(now + process.program.stop_takes, Answer{Answer::Kind::exit, process.id, -effect.signum});
  }
  check_tree(process);
}

void Bench::carry_out(const WatchSocket& effect) {
  if (effect.on == (watched_sockets.count(effect.name) > 0)) faults.push_back("a watch that is so already");
  if (effect.on) {
    watched_sockets.insert(effect.name);
  } else {
    watched_sockets.erase(effect.name);
  }
}

void Bench::carry_out(const RunHook& effect) {
  std::string line(conf::to_text(effect.hook));
  for (const Member& member : *effect.arguments.as_object()) {
    if (const auto* number = member.value.as_int()) line += " " + member.key + " " + std::to_string(*number);
  }
  asked.push_back(std::move(line));
  after_spawns_ += effect.hook == conf::Hook::after_spawn;
  for (const auto& [id, other] : hooks_running_) {
    if (other.watcher == effect.watcher) faults.push_back("two hooks of one watcher at a time");
  }
  if (!hooks_running_.emplace(effect.id, effect).second) faults.push_back("a hook id was given twice");
  answers_due_.emplace(now + hooks[effect.target].takes, Answer{Answer::Kind::hook, effect.id});
}

void Bench::carry_out(const CancelHook& effect) {
  if (hooks_running_.erase(effect.id) == 0) faults.push_back("a hook was ended that does not run");
}

void Bench::carry_out(const WakeAt& effect) {
  if (const auto known = timers_.find(effect.key); known != timers_.end()) {
    timers_due_.erase({known->second, effect.key});
    timers_.erase(known);
  }
  if (effect.at == never) return;
  timers_.emplace(effect.key, effect.at);
  timers_due_.emplace(effect.at, effect.key);
}

void Bench::carry_out(const Publish& effect) {
  const std::size_t last = effect.topic.rfind('.');
  const std::string event = effect.topic.substr(last + 1);
  std::string line = effect.topic.substr(0, last) + " " + event;
  if (line.rfind("watcher.", 0) == 0) line.erase(0, 8);
  if (const Value* hook = effect.data.find("name")) line += " " + *hook->as_text();
  for (const char* key : {"process_pid", "exit_code", "failures"}) {
    if (const Value* value = effect.data.find(key)) line += " " + std::to_string(*value->as_int());
  }
  if (event == "spawn" || event == "reap") {
    const int pid = static_cast<int>(*effect.data.find("process_pid")->as_int());
    if (event == "spawn" && !lives_.emplace(pid, true).second) faults.push_back("two spawns of one process");
    // One that after_spawn refused was never told of.
    const bool untold = event == "reap" && lives_.count(pid) == 0 && after_spawns_ > 0;
    untold_reaps += untold;
    if (event == "reap" && !std::exchange(lives_[pid], false) && !untold) {
      faults.push_back("a reap without its spawn");
    }
  }
  spawns += event == "spawn";
  reaps += event == "reap";
  failures += event == "spawn_failed";
  heard_.push_back(std::move(line));
}

void Bench::carry_out(const Settle& effect) {
  if (effect.ticket == 0) faults.push_back("an answer to nobody");
  if (!answers_.emplace(effect.ticket, effect).second) faults.push_back("a ticket was settled twice");
}

// ---- the kernel

void Bench::die(Process& process, int status) {
  process.alive = false;
  process.dying = true;
  schedule(now, Answer{Answer::Kind::exit, process.id, status});
}

void Bench::check_tree(Process& process) {
  if (process.alive || !process.descendants.empty()) return;
  for (; process.watches > 0; --process.watches) {
    schedule(now, Answer{Answer::Kind::tree_gone, process.id});
  }
}

void Bench::schedule(Instant at, const Answer& answer) {
  ++processes_.at(answer.process).owed;
  answers_due_.emplace(at, answer);
}

void Bench::answer(const Answer& answer) {
  if (answer.kind == Answer::Kind::hook) {
    const auto hook = hooks_running_.find(answer.process);
    if (hook == hooks_running_.end()) return;  // ended meanwhile
    const HookPlay& play = hooks[hook->second.target];
    hooks_running_.erase(hook);
    world.on_hook_done(answer.process, {play.yes, play.error, "", play.stats}, now);
    return perform();
  }
  const auto found = processes_.find(answer.process);
  if (found == processes_.end()) return;  // its exec failed, and a signal was on its way
  Process& process = found->second;
  --process.owed;
  switch (answer.kind) {
    case Answer::Kind::exec_report:
      if (report_exec(process)) break;
      return;
    case Answer::Kind::exit:
      if (!process.reported) {  // as the spawner promises: the report comes before the exit
        schedule(now + process.program.exec_takes, answer);
        return;
      }
      if (by_pid_.erase(process.pid) == 0) break;  // died of another signal meanwhile
      process.alive = false;
      check_tree(process);
      world.on_exited(process.id, Exit{process.pid, answer.number}, now);
      break;
    case Answer::Kind::tree_gone:
      world.on_tree_gone(process.id, now);
      break;
    case Answer::Kind::hook:
      break;
    case Answer::Kind::signalled:
      world.on_signalled(process.id, answer.number, answer.signum, now);
      break;
    case Answer::Kind::stray:
      world.on_stray(process.id, answer.number, now);
      break;
  }
  perform();
  // While a hook runs, a stop of what the process left behind may be waiting for it.
  const bool told = process.owed == 0 && by_pid_.count(process.pid) == 0 && hooks_running_.empty();
  if (told && process.descendants.empty()) {
    processes_.erase(answer.process);
    ended.insert(answer.process);
  }
}

/// False when that was the end of the process.
bool Bench::report_exec(Process& process) {
  --in_flight_;
  process.reported = true;
  if (process.program.exec_error != 0) {
    const SpawnFailure failure{"exec", process.program.exec_error, process.spec.argv.at(0)};
    const ProcessId id = process.id;
    ended.insert(id);
    by_pid_.erase(process.pid);
    processes_.erase(id);
    world.on_spawn_failed(id, failure, now);
    return false;
  }
  if (process.program.lives > Duration{}) {
    schedule(now + process.program.lives, Answer{Answer::Kind::exit, process.id, process.program.exit_code});
  }
  world.on_spawned(process.id, process.pid, now - process.program.exec_takes, now);
  return true;
}

void Bench::crash(int pid, int status) {
  const auto found = by_pid_.find(pid);
  if (found != by_pid_.end()) die(processes_.at(found->second), status);
}

void Bench::exit(int pid, int status) {
  crash(pid, status);
  settle();
}

// ---- time

/// One turn of the loop: what is due now. False when there was nothing.
bool Bench::turn() {
  perform();
  bool busy = false;
  if (world.wants_spawn()) {
    spawns_in_turn = 0;
    world.spawn_some(16, now);
    perform();
    if (spawns_in_turn > 16) faults.push_back("more spawns in a turn than the budget");
    busy = true;
  }
  if (!answers_due_.empty() && answers_due_.begin()->first <= now) {
    const Answer due = answers_due_.begin()->second;
    answers_due_.erase(answers_due_.begin());
    answer(due);
    perform();
    return true;
  }
  if (!timers_due_.empty() && timers_due_.begin()->first <= now) {
    const TimerKey due = timers_due_.begin()->second;
    timers_due_.erase(timers_due_.begin());
    timers_.erase(due);
    world.on_timer(due, now);
    perform();
    return true;
  }
  return busy;
}

Instant Bench::next_at() const {
  const Instant answer = answers_due_.empty() ? never : answers_due_.begin()->first;
  return timers_due_.empty() ? answer : std::min(answer, timers_due_.begin()->first);
}

void Bench::settle() {
  for (int turns = 0; turn(); ++turns) {
    if (turns > 1000000) return faults.push_back("never comes to rest");
  }
}

void Bench::run_for(Duration duration) {
  const Instant end = now + duration;
  for (;;) {
    settle();
    const Instant next = next_at();
    if (next > end) break;
    now = next;
  }
  now = end;
}

void Bench::run_until_quiet(Duration limit) {
  const Instant end = now + limit;
  for (;;) {
    settle();
    const Instant next = next_at();
    if (next > end || next == never) return;
    now = next;
  }
}

// ---- what came of it

const Watcher& Bench::watcher(WatcherId id) const {
  for (const Watcher* watcher : world.watchers()) {
    if (watcher->id() == id) return *watcher;
  }
  throw std::out_of_range("no watcher of that id");
}

std::vector<int> Bench::pids(WatcherId id) const {
  std::vector<std::pair<Instant, int>> running;
  for (const auto& [slot_id, slot] : watcher(id).slots()) {
    if (slot.state() == Slot::State::running) running.emplace_back(slot.started(), slot.pid());
  }
  std::sort(running.begin(), running.end());
  std::vector<int> pids;
  for (const auto& [started, pid] : running) pids.push_back(pid);
  return pids;
}

std::vector<int> Bench::wids(WatcherId id) const {
  std::vector<int> wids;
  for (const auto& [slot_id, slot] : watcher(id).slots()) {
    if (slot.state() == Slot::State::running) wids.push_back(slot.wid());
  }
  std::sort(wids.begin(), wids.end());
  return wids;
}

int Bench::alive() const {
  int count = 0;
  for (const auto& [id, process] : processes_) {
    count += process.alive + static_cast<int>(process.descendants.size());
  }
  return count;
}

Bench::Process* Bench::process(int pid) {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? nullptr : &processes_.at(found->second);
}

std::string Bench::error(Ticket ticket) const {
  const auto found = answers_.find(ticket);
  if (found == answers_.end()) return "no answer";
  return found->second.error ? found->second.error->text : "";
}

}  // namespace troupe::core
