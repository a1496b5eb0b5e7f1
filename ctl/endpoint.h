#pragma once

#include <string>
#include <vector>

#include "ctl/settings.h"
#include "lib/base/result.h"
#include "lib/wire/curve.h"

namespace troupe::ctl {

/// What the search for a daemon depends on.
struct Surroundings {
  std::string troupe_endpoint;     ///< TROUPE_ENDPOINT
  std::string circusctl_endpoint;  ///< CIRCUSCTL_ENDPOINT
  std::string xdg_runtime_dir;     ///< XDG_RUNTIME_DIR
  unsigned uid = 0;
  /// Why nobody can be asked at an endpoint: "nobody listens (left behind by a daemon that is gone)"; empty
  /// when somebody seems to be there or nothing is known of it. Does not wait.
  std::string (*listens)(const std::string& endpoint) = nullptr;
  /// The same of an endpoint that nobody named, and so must be trusted too.
  std::string (*probe)(const std::string& endpoint) = nullptr;
  /// The keys for endpoints on TCP: --curve-key and --curve-server, or TROUPE_CURVE_KEY, TROUPE_CURVE_SERVER.
  wire::ClientKeySource keys{};
};

/// Those of this process, and what the command line says about keys.
Surroundings surroundings(const Settings& settings);

/// The endpoint to use: --endpoint; with --name only the run_dirs of that name; TROUPE_ENDPOINT;
/// CIRCUSCTL_ENDPOINT; `control` in the user's run_dir; in root's; Circus's TCP port. What was named is
/// taken, or told to be dead; the rest when the probe finds somebody. Code::not_found lists everything tried.
Result<std::string> find_endpoint(const Settings& settings, const Surroundings& around);

}  // namespace troupe::ctl
