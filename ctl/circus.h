#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/daemon.h"
#include "ctl/endpoint.h"
#include "ctl/settings.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// circusctl: the same requests with Circus's command line, text and exit statuses. What it prints on
/// standard error has no name in front.

/// Where circusctl looks: --endpoint; CIRCUSCTL_ENDPOINT, but not for `listen`; Circus's own ports.
std::string circus_place(const Settings& settings, bool listens, const Surroundings& around);

/// A verb that asks the daemon once. With --json the status is 0 for an error reply too.
Outcome circus_one_shot(const Invocation& invocation, Daemon& daemon);

/// `circusctl WORDS`
Outcome run_circus(const std::vector<std::string>& words);

}  // namespace troupe::ctl
