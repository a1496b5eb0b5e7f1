#pragma once

#include <optional>
#include <string>

#include "ctl/pack.h"
#include "lib/api/command.h"

namespace troupe::ctl {

/// troupectl's own options, which every verb takes.
struct Settings {
  enum class Colour { automatic, always, never };

  std::optional<std::string> endpoint;
  std::string name;               ///< of one daemon among several: a sub-folder of run_dir
  std::optional<double> timeout;  ///< seconds; 5 when left out, or 300 for a verb that waits
  std::string curve_key;          ///< file of the user's own CURVE keys
  std::string curve_server;       ///< the daemon's public CURVE key, or a file that has it
  bool json = false;
  bool prettify = false;  ///< with json: indented
  bool help = false;
  bool version = false;
  Colour colour = Colour::automatic;
  std::string ssh, ssh_keyfile;  ///< circusctl's: a tunnel there, with that key
};

/// A command line that was understood.
struct Invocation {
  Settings settings;
  const api::Command* verb = nullptr;  ///< nullptr: none was named
  Typed typed;
};

}  // namespace troupe::ctl
