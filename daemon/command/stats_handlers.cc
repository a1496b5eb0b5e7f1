#include "daemon/command/stats_handlers.h"

#include <unistd.h>

#include <optional>
#include <utility>

namespace troupe::command {

namespace {

using troupe::stats::WatchedProcess;
using Form = SurveyCaller::Form;

WatcherProcesses processes_of(const core::Watcher& watcher, const Clock& clock) {
  WatcherProcesses result{watcher.name(), {}};
  for (const auto& [id, slot] : watcher.slots()) {
    if (slot.has_pid()) result.processes.push_back({slot.pid(), slot.wid(), clock.wall(slot.started())});
  }
  return result;
}

Survey survey_of_all(const Call& call) {
  std::vector<WatcherProcesses> all;
  for (const core::Watcher* watcher : call.world().watchers())
    all.push_back(processes_of(*watcher, call.desk.arbiter.clock()));
  return {"", std::move(all)};
}

Result<Survey> survey_of(const Call& call, const core::Watcher& watcher) {
  WatcherProcesses found = processes_of(watcher, call.desk.arbiter.clock());
  std::string key = "watcher " + std::to_string(watcher.id());
  if (call.args.has("process")) {
    const std::int64_t pid = call.args.integer("process");
    std::erase_if(found.processes, [&](const WatchedProcess& one) { return one.pid != pid; });
    if (found.processes.empty()) {
      return make_error(Code::not_found,
                        "process " + std::to_string(pid) + " not found in '" + call.args.text("name") + "'");
    }
    key += " process " + std::to_string(pid);
  }
  return Survey(std::move(key), {std::move(found)});
}

SurveyCaller caller_of(const Call& call, const core::Watcher& watcher) {
  SurveyCaller caller;
  const bool one = call.args.has("process");
  caller.form = one ? Form::process : Form::watcher;
  const std::string_view named = one ? "process" : "name";
  caller.head.set(named, call.args.sent(named));
  const auto& hooks = watcher.config().hooks;
  const bool is_hooked = hooks.contains(std::string(to_text(conf::Hook::extended_stats)));
  if (call.args.flag("extended") && is_hooked) caller.extend = watcher.id();
  return caller;
}

/// At once, if that holds up nobody and no hook has its say about it; else when the ticket is settled.
Result<Value> answered(Call& call, Survey survey, SurveyCaller caller) {
  using Patience = Waiters::Patience;
  Surveys& stats = call.desk.stats;
  const Patience patience = call.desk.waiters.patience();
  if (patience == Patience::deaf && caller.extend == 0) return Value::object();
  std::optional<Value> infos = patience == Patience::none ? stats.read_now(survey) : stats.try_now(survey);
  if (infos && caller.extend == 0) return caller.reply(*std::move(infos));
  auto ticket = call.answer_later(Wrap::top);
  if (!ticket) return ticket.error();
  caller.ticket = *ticket;
  if (infos) {
    call.desk.arbiter.change([&](core::World& world, Instant now) {
      world.extend_stats(caller.extend, caller.reply(*std::move(infos)), caller.ticket, now);
    });
  } else if (auto added = stats.add(std::move(survey), std::move(caller)); !added) {
    return added.error();
  }
  return Value::object();
}

}  // namespace

Result<Value> dstats(Call& call) {
  return Value::object()
      .set("info", call.desk.stats.self(getpid()))
      .set("keeper", call.desk.stats.self(call.desk.keeper_pid))
      .set("version", TROUPE_VERSION);
}

Result<Value> stats(Call& call) {
  if (!call.args.has("name")) return answered(call, survey_of_all(call), {});
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  auto survey = survey_of(call, **watcher);
  if (!survey) return survey.error();
  return answered(call, *std::move(survey), caller_of(call, **watcher));
}

}  // namespace troupe::command
