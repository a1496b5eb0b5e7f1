#include <algorithm>
#include <array>

#include "daemon/command/arbiter_handlers.h"
#include "daemon/command/event_handlers.h"
#include "daemon/command/log_handlers.h"
#include "daemon/command/option_handlers.h"
#include "daemon/command/process_handlers.h"
#include "daemon/command/stats_handlers.h"
#include "daemon/command/watcher_handlers.h"
#include "lib/api/arbiter_commands.h"
#include "lib/api/bound.h"
#include "lib/api/event_commands.h"
#include "lib/api/log_commands.h"
#include "lib/api/option_commands.h"
#include "lib/api/process_commands.h"
#include "lib/api/stats_commands.h"
#include "lib/api/watcher_commands.h"

namespace troupe::command {

static_assert(api::bound(api::arbiter_commands, arbiter_handlers), "a declared command has no handler");
static_assert(api::bound(api::event_commands, event_handlers), "a declared command has no handler");
static_assert(api::bound(api::log_commands, log_handlers), "a declared command has no handler");
static_assert(api::bound(api::option_commands, option_handlers), "a declared command has no handler");
static_assert(api::bound(api::process_commands, process_handlers), "a declared command has no handler");
static_assert(api::bound(api::stats_commands, stats_handlers), "a declared command has no handler");
static_assert(api::bound(api::watcher_commands, watcher_handlers), "a declared command has no handler");

const Handler& handler(std::string_view command) {
  const Handler* found = nullptr;
  const auto look_in = [&](const auto& handlers) {
    for (const Handler& handler : handlers) {
      if (handler.name == command) found = &handler;
    }
  };
  look_in(arbiter_handlers);
  look_in(event_handlers);
  look_in(log_handlers);
  look_in(option_handlers);
  look_in(process_handlers);
  look_in(stats_handlers);
  look_in(watcher_handlers);
  return *found;  // the assertions above: every command has one
}

}  // namespace troupe::command
