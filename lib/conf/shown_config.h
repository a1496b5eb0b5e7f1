#pragma once

#include "lib/base/value.h"
#include "lib/conf/arbiter_config.h"

namespace troupe::conf {

/// Every option of a section under the name that it has in a file, as it is in effect. Secrets stand there
/// as they are. Free options and those of a plugin are members too; `env` is an object.
Value shown_section(const WatcherConfig& watcher);
Value shown_section(const SocketConfig& socket);
Value shown_section(const ArbiterConfig& arbiter);

/// A whole configuration: `{"troupe" or "circus": {…}, "watchers": {NAME: {…}}, "plugins": {…}, "sockets":
/// {…}}`. Secrets are masked as `***`; a watcher that cannot run has a member `error`.
Value shown_config(const Config& config);

}  // namespace troupe::conf
