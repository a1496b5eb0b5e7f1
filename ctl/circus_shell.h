#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/daemon.h"
#include "ctl/interactive.h"
#include "ctl/settings.h"

namespace troupe::ctl {

/// The session that circusctl is without a command.
class CircusSession : public Session {
 public:
  /// `options` stood before the place of the command; every line gets them.
  explicit CircusSession(std::vector<std::string> options) : options_(std::move(options)) {}

  std::string prompt() override { return "(circusctl) "; }
  Step on_line(std::string_view line) override;

 private:
  std::vector<std::string> options_;
};

/// Says the version and the states, then reads lines. A bad line does not end it, as it ends Circus's.
Outcome run_circus_shell(const Settings& settings, const std::vector<std::string>& options);

}  // namespace troupe::ctl
