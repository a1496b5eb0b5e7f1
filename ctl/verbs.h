#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/command.h"

namespace troupe::ctl {

/// The row of a verb: that of the daemon's command, or one of troupectl's own where the command line has more
/// (`events --follow`) or does something else (`listen`, `help`). nullptr when there is none.
const api::Command* find_verb(std::string_view name);

/// Troupectl's own rows, sorted by name.
std::span<const api::Command> local_verbs();
/// The rows of all verbs, sorted by name.
std::vector<const api::Command*> all_verbs();

/// "unknown command 'statsu'; did you mean stats?"
std::string unknown_verb(std::string_view name);
/// "unknown option '--wating'; did you mean --waiting?"; without a verb the options before it.
std::string unknown_option(std::string_view option, const api::Command* verb);

/// An option of troupectl itself, for help and suggestions. cli.cc reads them.
struct OwnOption {
  std::string_view name;
  std::string_view value;  ///< the word for its value; empty: a flag
  std::string_view doc;
};
std::span<const OwnOption> own_options();

/// `incr NAME [N] [--waiting]`
std::string usage_line(const api::Command& verb);

/// What `troupectl --help` and `troupectl VERB --help` print.
std::string general_help();
std::string verb_help(const api::Command& verb);

/// Another word for a row's option: `--wait` for waiting, `-f` for follow; empty when it has none.
std::string_view alias(const api::Param& param);

}  // namespace troupe::ctl
