#include "daemon/command/watcher_handlers.h"

#include <algorithm>

#include "daemon/command/match.h"
#include "daemon/command/watcher_state.h"
#include "lib/base/text.h"
#include "lib/conf/option_set.h"

namespace troupe::command {

namespace {

using core::Operation;

/// start, stop, restart, reload of one watcher.
Result<Value> run_one(Call& call, const core::Watcher& watcher, Operation operation) {
  if (auto no = watcher.unable(); no && operation.kind != Operation::Kind::stop) return *std::move(no);
  auto ticket = call.ticket(Wrap::info);
  if (!ticket) return ticket.error();
  operation.ticket = *ticket;
  const core::WatcherId id = watcher.id();
  call.desk.arbiter.change(
      [&](core::World& world, Instant now) { world.run(id, std::move(operation), now); });
  return Value::object();
}

Result<Value> run_many(Call& call, const std::vector<const core::Watcher*>& watchers, Operation operation) {
  auto ticket = call.ticket(Wrap::none);
  if (!ticket) return ticket.error();
  operation.ticket = *ticket;
  std::vector<core::WatcherId> ids;
  for (const core::Watcher* watcher : watchers) {
    const bool able = operation.kind == Operation::Kind::stop || !watcher->unable();
    if (able) ids.push_back(watcher->id());
  }
  call.desk.arbiter.change(
      [&](core::World& world, Instant now) { world.run_all(std::move(ids), std::move(operation), now); });
  return Value::object();
}

Result<Value> run_matching(Call& call, Operation::Kind kind) {
  auto watchers = match_watchers(call.world(), call.args.text("name"), call.args.text("match"),
                                 call.desk.arbiter.clock());
  if (!watchers) return watchers.error();
  if (watchers->size() == 1) return run_one(call, *watchers->front(), Operation{kind});
  return run_many(call, *watchers, Operation{kind});
}

/// Every event and every `status` repeats what a hold says.
constexpr std::size_t longest_name = 255, longest_text = 1000;

Result<core::Hold> hold_of(const Call& call) {
  core::Hold hold;
  hold.wid = static_cast<int>(call.args.integer("wid"));
  hold.by = call.args.text("by");
  hold.reason = call.args.text("reason");
  if (hold.by.size() > longest_name)
    return make_error(Code::invalid, "'by' has more than " + std::to_string(longest_name) + " bytes");
  if (hold.reason.size() > longest_text)
    return make_error(Code::invalid, "'reason' has more than " + std::to_string(longest_text) + " bytes");
  if (!call.args.has("until")) return hold;
  const Clock& clock = call.desk.arbiter.clock();
  hold.until = clock.monotonic(call.args.number("until"));
  if (hold.until == core::never) {
    return make_error(Code::invalid,
                      "'until' is more than a hundred years ahead: it is in seconds since 1970, and now is " +
                          std::to_string(static_cast<std::int64_t>(clock.wall(clock.now()))) +
                          "; leave it out for a hold without an end");
  }
  if (hold.until > clock.now()) return hold;
  return make_error(Code::invalid, "'until' is over already: it is in seconds since 1970, and now is " +
                                       std::to_string(static_cast<std::int64_t>(clock.wall(clock.now()))));
}

Result<void> check_hold(const core::Watcher& watcher, const core::Hold& hold) {
  const auto& slots = watcher.slots();
  const bool known = hold.wid == 0 || std::any_of(slots.begin(), slots.end(), [&](const auto& entry) {
                       return entry.second.wid() == hold.wid;
                     });
  if (!known) {
    return make_error(Code::not_found,
                      "no process of " + watcher.name() + " has the wid " + std::to_string(hold.wid));
  }
  constexpr std::size_t most = 64;
  const auto& holds = watcher.holds();
  const bool replaces = std::any_of(holds.begin(), holds.end(), [&](const core::Hold& other) {
    return other.wid == hold.wid && other.by == hold.by;
  });
  if (holds.size() >= most && !replaces)
    return make_error(Code::limit, "a watcher has at most " + std::to_string(most) + " holds");
  return {};
}

/// Who commands the daemon by a file that is his adds watchers that run as himself. That guards against
/// mistakes only (SECURITY.md): what he may `set` is not looked at, as in Circus.
Result<void> check_endpoint_owner(const conf::ArbiterConfig& arbiter, const conf::WatcherConfig& watcher) {
  const bool counts = arbiter.endpoint_owner && arbiter.endpoint.starts_with("ipc://");
  if (!counts || watcher.uid == arbiter.endpoint_owner) return {};
  return make_error(Code::invalid, "uid does not match endpoint_owner");
}

}  // namespace

Result<Value> add(Call& call) {
  if (auto open = call.check_open(); !open) return open.error();
  const std::string& name = call.args.text("name");
  auto config = conf::make_added_watcher(name, call.args.text("cmd"), call.args.value("args"),
                                         call.args.value("options"));
  if (!config) return config.error();
  if (auto owner = check_endpoint_owner(call.desk.config, *config); !owner) return owner.error();
  const bool start = call.args.flag("start");
  auto ticket = start ? call.ticket(Wrap::top) : Result<core::Ticket>(core::Ticket{0});
  if (!ticket) return ticket.error();
  auto added = call.desk.arbiter.change(
      [&](core::World& world, Instant now) { return world.add(*std::move(config), true, now); });
  if (!added) return added.error();
  if (!start) return Value::object();
  call.desk.arbiter.change([&](core::World& world, Instant now) {
    world.run(*added, Operation{Operation::Kind::start, *ticket}, now);
  });
  return Value::object();
}

Result<Value> hold(Call& call) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  auto hold = hold_of(call);
  if (!hold) return hold.error();
  if (auto possible = check_hold(**watcher, *hold); !possible) return possible.error();
  const core::WatcherId id = (*watcher)->id();
  call.desk.arbiter.change([&](core::World& world, Instant now) { world.hold(id, *std::move(hold), now); });
  return Value::object();
}

Result<Value> unhold(Call& call) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  const int wid = static_cast<int>(call.args.integer("wid"));
  const std::string by = call.args.text("by");
  const core::WatcherId id = (*watcher)->id();
  call.desk.arbiter.change([&](core::World& world, Instant now) { world.unhold(id, wid, by, now); });
  return Value::object();
}

Result<Value> list(Call& call) {
  if (!call.args.has("name")) {
    Value::Array names;
    for (const core::Watcher* watcher : call.world().watchers()) names.push_back(to_lower(watcher->name()));
    return Value::object().set("watchers", std::move(names));
  }
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  const std::vector<int> pids = (*watcher)->pids();
  return Value::object().set("pids", Value::Array(pids.begin(), pids.end()));
}

Result<Value> numwatchers(Call& call) {
  return Value::object().set("numwatchers", call.world().watcher_count());
}

Result<Value> status(Call& call) {
  const Clock& clock = call.desk.arbiter.clock();
  if (call.args.has("name")) {
    auto watcher = call.watcher();
    if (!watcher) return watcher.error();
    return Value::object()
        .set("status", core::to_text((*watcher)->state()))
        .set("details", Value::object().set((*watcher)->name(), watcher_details(**watcher, clock)));
  }
  const auto watchers = call.world().watchers();
  Value statuses = Value::object(watchers.size()), details = Value::object(watchers.size());
  for (const core::Watcher* watcher : watchers) {
    statuses.append(watcher->name(), core::to_text(watcher->state()));
    details.append(watcher->name(), watcher_details(*watcher, clock));
  }
  return Value::object().set("statuses", std::move(statuses)).set("details", std::move(details));
}

Result<Value> start(Call& call) {
  if (auto open = call.check_open(); !open) return open.error();
  if (call.args.has("name")) return run_matching(call, Operation::Kind::start);
  auto ticket = call.ticket(Wrap::none);
  if (!ticket) return ticket.error();
  call.desk.arbiter.change([&](core::World& world, Instant now) { world.start_autostart(*ticket, now); });
  return Value::object();
}

Result<Value> stop(Call& call) {
  if (auto open = call.check_open(); !open) return open.error();
  if (call.args.has("name")) return run_matching(call, Operation::Kind::stop);
  return run_many(call, call.world().watchers(), Operation{Operation::Kind::stop});
}

Result<Value> restart(Call& call) {
  if (auto open = call.check_open(); !open) return open.error();
  if (call.args.has("name")) return run_matching(call, Operation::Kind::restart);
  auto ticket = call.ticket(Wrap::none);
  if (!ticket) return ticket.error();
  call.desk.arbiter.change([&](core::World& world, Instant now) { world.restart_all(*ticket, now); });
  return Value::object();
}

Result<Value> reload(Call& call) {
  if (auto open = call.check_open(); !open) return open.error();
  Operation operation{Operation::Kind::reload};
  operation.graceful = call.args.flag("graceful");
  operation.sequential = call.args.flag("sequential");
  if (!call.args.has("name")) return run_many(call, call.world().watchers(), operation);
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  return run_one(call, **watcher, std::move(operation));
}

Result<Value> rm(Call& call) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  if (auto open = call.check_open(); !open) return open.error();
  auto ticket = call.ticket(Wrap::none);
  if (!ticket) return ticket.error();
  const core::WatcherId id = (*watcher)->id();
  const bool stop = !call.args.flag("nostop");
  call.desk.arbiter.change([&](core::World& world, Instant now) { world.remove(id, stop, *ticket, now); });
  return Value::object();
}

}  // namespace troupe::command
