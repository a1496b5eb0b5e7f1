#pragma once

#include <string>

#include "daemon/keeper.h"
#include "lib/conf/load.h"
#include "lib/os/notify_socket.h"

namespace troupe {

/// What the command line and the configuration say, on the way from main to the arbiter.
struct Setup {
  std::string config_path;
  std::string instance;  ///< `--name`
  bool strict = false;
  bool level_is_fixed = false;  ///< `--log-level`
  conf::Config config;
  os::NotifyWish manager{};    ///< what the service manager wants to hear
  conf::ArbiterConfig file{};  ///< as the file has it, without what the command line says
  conf::Config last{};         ///< root section and sockets as they were read last
};

/// Reads the configuration of a setup; for the start and for `restart`. Plugins have no command yet.
conf::Loaded load_config(const std::string& path, const std::string& instance, bool strict,
                         bool at_start = false);

/// The arbiter process: makes its parts in order, wires them, and runs the loop until everything is stopped.
class App final : public ArbiterProgram {
 public:
  explicit App(Setup& setup) : setup_(setup) {}
  int run(KeeperLink link) override;
  /// The keeper has no use for the configuration, which may be megabytes.
  void leave_to_arbiter() override;

 private:
  Setup& setup_;
};

}  // namespace troupe
