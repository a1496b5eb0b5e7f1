#include "daemon/command/option_handlers.h"

#include <algorithm>

#include "lib/conf/option_set.h"
#include "lib/os/local_accounts.h"

namespace troupe::command {

namespace {

/// uid and gid are looked up at each spawn; a name that nobody has is told now and not then, unless only a
/// server could say so, for which nobody waits here.
Result<void> check_owner(const conf::WatcherConfig& config, const Value& options) {
  if (options.find("uid") && config.uid && os::find_local_user(*config.uid) == os::Known::no) {
    return make_error(Code::refused, "'" + *config.uid + "' isn't a valid user name");
  }
  if (options.find("gid") && config.gid && os::find_local_group(*config.gid) == os::Known::no) {
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
  if (auto owner = check_owner(config, options); !owner) return owner.error();
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
