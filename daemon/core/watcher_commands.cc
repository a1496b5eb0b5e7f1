#include <algorithm>

#include "daemon/core/watcher.h"

namespace troupe::core {

using conf::Hook;

namespace {

Error ended(const HookedCommand& command, const std::string& watcher, std::string_view by) {
  return make_error(Code::failed,
                    std::string(command.name) + " of " + watcher + " was ended by " + std::string(by));
}

}  // namespace

bool Watcher::asks_about_signals() const {
  return hook(Hook::before_signal) || hook(Hook::after_signal);
}

void Watcher::send_signals(Turn& turn, const std::vector<Signal>& signals, Ticket ticket) {
  HookedCommand command{.name = "signal", .ticket = ticket};
  command.signals.assign(signals.begin(), signals.end());
  enlist(turn, std::move(command));
}

/// `reply` is what `stats` says without hooks: `info` is of one process if `process` is there, else of all.
void Watcher::extend_stats(Turn& turn, Value reply, Ticket ticket) {
  if (!hook(Hook::extended_stats)) return common_.tickets.settle(turn, ticket, std::move(reply));
  HookedCommand command{.name = "stats", .ticket = ticket, .reply = std::move(reply)};
  const auto add = [&](const std::string& key, const Value& about) {
    const Value* pid = about.find("pid");
    if (!pid) return;  // one that is gone
    HookCall call{Hook::extended_stats, Value::object().set("pid", *pid).set("stats", about)};
    call.stats_key = key;
    command.stats.push_back(std::move(call));
  };
  const Value* info = command.reply.find("info");
  if (command.reply.find("process")) {
    add("", *info);
  } else {
    for (const Member& member : *info->as_object()) add(member.key, member.value);
  }
  enlist(turn, std::move(command));
}

void Watcher::enlist(Turn& turn, HookedCommand command) {
  if (line_.commands.size() >= HookLine::most_commands) {
    std::string text = std::string(command.name) + " of " + name() +
                       " is refused: " + std::to_string(HookLine::most_commands) +
                       " commands wait for its hooks, and no more may; a stop ends them all";
    if (!std::exchange(line_.told_full, true)) turn.note(Note::Level::warning, text);
    return common_.tickets.fail(turn, command.ticket, make_error(Code::limit, std::move(text)));
  }
  command.id = ++line_.last_command;
  line_.commands.push_back(std::move(command));
  after_input(turn);
}

/// The next process of a command is asked about when nothing of the watcher itself waits: whoever asks for
/// stats again and again must not hold up its stops and starts.
void Watcher::serve_commands(Turn& turn) {
  while (!line_.commands.empty() && !line_.busy() && tally_.queued == 0) {
    HookedCommand& command = line_.commands.front();
    if (!command.signals.empty()) {
      const Signal signal = command.signals.front();
      command.signals.pop_front();
      const auto owner = common_.processes.find(signal.process);
      Slot* const slot = owner == common_.processes.end() ? nullptr : find(owner->second.second);
      if (slot && slot->has_pid() && !slot->reaped()) send(turn, *slot, signal, false, command.id);
    } else if (!command.stats.empty()) {
      HookCall call = std::move(command.stats.front());
      command.stats.pop_front();
      call.command = command.id;
      ask(turn, std::move(call));
    } else {
      common_.tickets.settle(turn, command.ticket, std::move(command.reply));
      line_.commands.pop_front();
      line_.told_full = false;
    }
  }
}

void Watcher::add_stats(Turn& turn, const HookCall& call, const HookOutcome& outcome) {
  if (line_.commands.empty() || line_.commands.front().id != call.command) return;  // it was ended
  HookedCommand& command = line_.commands.front();
  if (outcome.error) {
    common_.tickets.fail(
        turn, command.ticket,
        make_error(Code::failed, "hook extended_stats of " + name() + ": " + *outcome.error));
    line_.commands.pop_front();
    return;
  }
  Value* info = command.reply.find("info");
  if (!call.stats_key.empty()) info = info->find(call.stats_key);
  const Value::Object* const more = outcome.stats.as_object();
  if (!info || !more) return;
  for (const Member& member : *more) info->set(member.key, member.value);
}

/// All but the hook that runs. The command that it belongs to is ended too, unless it is the last of that
/// one.
void Watcher::end_commands(Turn& turn, std::string_view by) {
  const std::size_t steps = line_.steps.size();
  std::erase_if(line_.steps, [](const HookLine::Step& step) {
    const auto* const call = std::get_if<HookCall>(&step.what);
    const auto* const signal = std::get_if<HookedSignal>(&step.what);
    return (call && call->command != 0) || (signal && signal->command != 0);
  });
  const std::uint64_t at_work = line_.running ? line_.running->command : 0;
  for (std::size_t left = line_.commands.size(); left > 0; --left) {
    HookedCommand command = std::move(line_.commands.front());
    line_.commands.pop_front();
    const bool all_asked = command.signals.empty() && command.stats.empty() && steps == line_.steps.size();
    if (command.id == at_work && all_asked && !hooks_off_) {
      line_.commands.push_back(std::move(command));
    } else {
      common_.tickets.fail(turn, command.ticket, ended(command, name(), by));
    }
  }
  line_.told_full = false;
}

}  // namespace troupe::core
