#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/daemon.h"
#include "ctl/interactive.h"
#include "ctl/settings.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// "troupe> ", "troupe (2 of 5 not active)> ", "troupe (no daemon)> ": what a reply to `status` says;
/// nullptr: there was none.
std::string shell_prompt(const Value* reply);

/// The lines of troupectl's shell.
class OwnSession : public Session {
 public:
  /// `options` stood before the place of the command; every line gets them.
  OwnSession(std::vector<std::string> options, std::string (*make_prompt)(const Settings&), Settings settings)
      : options_(std::move(options)), make_prompt_(make_prompt), settings_(std::move(settings)) {}

  std::string prompt() override { return make_prompt_(settings_); }
  Step on_line(std::string_view line) override;

 private:
  std::vector<std::string> options_;
  std::string (*make_prompt_)(const Settings&);
  Settings settings_;
  bool quit_asked_ = false;
};

/// `troupectl` without a command on a terminal. The daemon may come and go meanwhile.
Outcome run_own_shell(const Settings& settings, const std::vector<std::string>& options);

/// `troupectl complete SHELL [LINE]`: the script for a shell, or with a line the choices for its last word.
Outcome run_complete(const Settings& settings, const Value& properties);

}  // namespace troupe::ctl
