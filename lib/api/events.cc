#include "lib/api/events.h"

#include <algorithm>

#include "lib/base/text.h"

namespace troupe::api {

namespace {

constexpr Field process_fields[] = {
    {"process_pid", Type::integer, "The process."},
};
constexpr Field spawn_fields[] = {
    {"process_pid", Type::integer, "The process."},
    {"wid", Type::integer, "The number of the process in its watcher; not in Circus."},
};
constexpr Field reap_fields[] = {
    {"process_pid", Type::integer, "The process."},
    {"exit_code", Type::integer,
     "Its exit status, or minus the number of the signal that ended it; null when nobody knows: the keeper "
     "was "
     "killed."},
    {"wid", Type::integer, "The number of the process in its watcher; not in Circus."},
};
constexpr Field hook_fields[] = {
    {"name", Type::text, "The hook."},
};
constexpr Field hook_failure_fields[] = {
    {"name", Type::text, "The hook."},
    {"error", Type::text, "What went wrong."},
};
constexpr Field spawn_failed_fields[] = {
    {"wid", Type::integer, "The number of the process in its watcher."},
    {"stage", Type::text, "What failed: `exec`, `chdir`, `setuid`, `clone`, ..."},
    {"errno", Type::integer, "The error of the system."},
    {"error", Type::text, "The same for people: `exec /usr/bin/nosuch: No such file or directory`."},
    {"failures", Type::integer, "How many starts in a row have failed."},
};
constexpr Field hold_fields[] = {
    {"by", Type::text, "Who holds it."},
    {"reason", Type::text, "Why."},
    {"wid", Type::integer, "The process that is held; left out when it is the whole watcher."},
};
constexpr Field unhold_fields[] = {
    {"by", Type::text, "Whose hold ended."},
    {"wid", Type::integer, "The process that was held; left out when it was the whole watcher."},
};

constexpr Field stream_error_fields[] = {
    {"stream", Type::text, "`stdout` or `stderr`."},
    {"target", Type::text, "The file, or what else cannot be written."},
    {"errno", Type::integer, "The error of the system."},
    {"error", Type::text, "The same for people: `write /var/log/web.log: No space left on device`."},
};
constexpr Field stream_recovered_fields[] = {
    {"stream", Type::text, "`stdout` or `stderr`."},
    {"target", Type::text, "The file, or what else it was."},
    {"seconds", Type::number, "How long it could not be written."},
    {"dropped", Type::integer, "Bytes of output, of all watchers that write to it, that were thrown away."},
};

constexpr EventKind kinds[] = {
    {Scope::watcher,
     "add",
     Origin::circus,
     {},
     "The watcher was added by the add command or by reloadconfig."},
    {Scope::watcher, "hold", Origin::troupe, hold_fields, "The watcher is kept from starting processes."},
    {Scope::watcher, "hook_failure", Origin::circus, hook_failure_fields, "A hook failed."},
    {Scope::watcher, "hook_success", Origin::circus, hook_fields, "A hook returned, whatever it said."},
    {Scope::watcher, "kill", Origin::circus, process_fields,
     "A process, or a child of one, was sent a signal to stop it: once for the stop signal and again for "
     "SIGKILL."},
    {Scope::watcher, "reap", Origin::circus, reap_fields,
     "A process that ran is gone. There is one for every death, however it came about; Circus leaves it out "
     "after decr, kill, reload and max_age."},
    {Scope::watcher, "reload", Origin::circus, {}, "A graceful reload ended."},
    {Scope::watcher,
     "remove",
     Origin::circus,
     {},
     "The watcher was removed by rm or reloadconfig; it stops after this."},
    {Scope::watcher, "spawn", Origin::circus, spawn_fields,
     "A process runs. `time` is the moment before it was made."},
    {Scope::watcher, "spawn_failed", Origin::troupe, spawn_failed_fields,
     "A process could not be started. The next try follows after a pause that grows."},
    {Scope::watcher, "start", Origin::circus, {}, "The watcher became active."},
    {Scope::watcher, "stop", Origin::circus, {}, "The watcher became stopped, also after a failed start."},
    {Scope::watcher, "stream_error", Origin::troupe, stream_error_fields,
     "What the processes write cannot be written to where it belongs. It waits in their pipes for 10 seconds "
     "and is then thrown away, until writing works again. Once for each such time."},
    {Scope::watcher, "stream_recovered", Origin::troupe, stream_recovered_fields,
     "It is written again, after a `stream_error`."},
    {Scope::watcher, "unhold", Origin::troupe, unhold_fields, "A hold ended."},
    {Scope::watcher,
     "updated",
     Origin::circus,
     {},
     "An option changed: one event for each key of a set or reloadconfig."},
    {Scope::arbiter,
     "mark",
     Origin::troupe,
     {},
     "Nothing happened for 200 ms after the last event, or somebody subscribed, or queues "
     "that were full are empty. It has no number of its own: "
     "its `seq` is that of the last event, so that the loss of a burst's end is noticed."},
    {Scope::arbiter,
     "stopping",
     Origin::troupe,
     {},
     "The last event of a daemon that ends: all processes are gone."},
};

constexpr bool before(const EventKind& left, const EventKind& right) {
  return left.scope != right.scope ? left.scope < right.scope : left.name < right.name;
}
static_assert(std::is_sorted(std::begin(kinds), std::end(kinds), before));
static_assert(std::adjacent_find(std::begin(kinds), std::end(kinds), [](const auto& left, const auto& right) {
                return !before(left, right);
              }) == std::end(kinds));

constexpr std::string_view watcher_prefix = "watcher.";
constexpr std::string_view arbiter_prefix = "arbiter.";

}  // namespace

std::span<const EventKind> events() {
  return kinds;
}

std::string topic_name(std::string_view watcher_name) {
  return topic_form(watcher_name);
}

std::string watcher_topic(std::string_view watcher_name, std::string_view event) {
  std::string topic(watcher_prefix);
  topic += topic_name(watcher_name);
  topic += '.';
  topic += event;
  return topic;
}

const EventKind* find_event(std::string_view topic) {
  Scope scope;
  std::string_view name;
  if (topic.starts_with(arbiter_prefix)) {
    scope = Scope::arbiter;
    name = topic.substr(arbiter_prefix.size());
  } else if (topic.starts_with(watcher_prefix) && topic.rfind('.') >= watcher_prefix.size()) {
    scope = Scope::watcher;
    name = topic.substr(topic.rfind('.') + 1);
  } else {
    return nullptr;
  }
  for (const EventKind& kind : kinds) {
    if (kind.scope == scope && kind.name == name) return &kind;
  }
  return nullptr;
}

bool is_reserved_key(std::string_view key) {
  return key == "time" || key == "seq" || key == "boot" || key == "topic";
}

Result<void> check_published_topic(std::string_view topic) {
  if (topic.empty() || topic.size() > 255) {
    return make_error(Code::invalid, "'topic' should have 1 to 255 bytes");
  }
  for (const char c : topic) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return make_error(Code::invalid, "'topic' should not have control characters");
    }
  }
  if (topic.starts_with(watcher_prefix) || topic.starts_with(arbiter_prefix)) {
    return make_error(Code::invalid, "'topic' should not begin with 'watcher.' or 'arbiter.'");
  }
  return {};
}

}  // namespace troupe::api
