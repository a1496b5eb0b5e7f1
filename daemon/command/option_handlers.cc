#include "daemon/command/option_handlers.h"

#include <algorithm>
#include <cerrno>

#include "lib/conf/option_set.h"
#include "lib/os/local_accounts.h"

namespace troupe::command {

namespace {

/// Whether there is such a user or group: by the files of the machine, or, where they do not decide, by the
/// data base. The request is parked until that has answered; what it cannot tell, the spawn will.
bool is_refused(Call& call, os::Known by_files, const Account& account) {
  if (by_files != os::Known::not_said) return by_files == os::Known::no;
  const Identity* const asked = call.desk.accounts.find(account, call.desk.arbiter.clock().now());
  if (!asked) call.parked = call.desk.waiters.park();
  return asked && asked->failure && asked->failure->error == ENOENT;
}

/// uid and gid are looked up at each spawn; a name that nobody has is told now and not then.
Result<void> check_owner(Call& call, const conf::WatcherConfig& config, const Value& options) {
  if (options.find("uid") && config.uid &&
      is_refused(call, os::find_local_user(*config.uid), {config.uid, {}})) {
    return make_error(Code::refused, "'" + *config.uid + "' isn't a valid user name");
  }
  if (options.find("gid") && config.gid && !call.parked &&
      is_refused(call, os::find_local_group(*config.gid), {{}, config.gid})) {
    return make_error(Code::refused, "'" + *config.gid + "' isn't a valid group name");
  }
  return {};
}

Error no_option(const std::string& key) {
  return make_error(Code::invalid, "'" + key + "' option not found");
}

/// Circus imports a hook anew whenever it is set, also to what it was.
bool sets_hooks(const Value& options) {
  const auto& members = *options.as_object();
  return std::any_of(members.begin(), members.end(),
                     [](const Member& m) { return m.key == "hooks" || m.key.starts_with("hooks."); });
}

}  // namespace

Result<Value> get(Call& call) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  Value options = Value::object();
  for (const std::string& key : call.args.list("keys")) {
    auto value = conf::get_option((*watcher)->config(), key);
    if (!value) return no_option(key);
    options.set(key, *std::move(value));
  }
  return Value::object().set("options", std::move(options));
}

Result<Value> globaloptions(Call& call) {
  if (!call.args.has("option")) {
    return Value::object().set("options", conf::all_options(call.desk.config));
  }
  const std::string& key = call.args.text("option");
  auto value = conf::get_option(call.desk.config, key);
  if (!value) return make_error(Code::invalid, "'" + key + "' not an existing option");
  return Value::object().set("options", Value::object().set(key, *std::move(value)));
}

Result<Value> options(Call& call) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  return Value::object().set("options", conf::all_options((*watcher)->config()));
}

Result<Value> set(Call& call) {
  auto watcher = call.watcher();
  if (!watcher) return watcher.error();
  if (auto open = call.check_open(); !open) return open.error();
  const Value& options = call.args.value("options");
  conf::WatcherConfig config = (*watcher)->config();
  auto apply = conf::set_options(config, options);
  if (!apply) return apply.error();
  if (auto owner = check_owner(call, config, options); !owner) return owner.error();
  if (call.parked) return Value::object();
  auto ticket = call.ticket(Wrap::none);
  if (!ticket) return ticket.error();
  const core::WatcherId id = (*watcher)->id();
  const int keys = static_cast<int>(options.as_object()->size());
  call.desk.arbiter.change([&](core::World& world, Instant now) {
    if (sets_hooks(options)) world.renew_hooks(id);
    world.update(id, std::move(config), keys, *apply == conf::Apply::respawn, *ticket, now);
  });
  return Value::object();
}

}  // namespace troupe::command
