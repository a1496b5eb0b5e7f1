#pragma once

#include <string>
#include <string_view>

#include "lib/api/command.h"

namespace troupe::api {

/// The word that a parameter has on the command line: `--graceful_timeout`, `NAME`, `KEY VALUE`.
std::string cli_word(const Param& param);

/// Whether the last words are a command line of its own, as those of `add` are: options stand before it.
bool ends_in_command_line(const Command& command);

/// `incr NAME [N] [--waiting]`
std::string usage(const Command& command);

/// The pages docs/commands.md, docs/events.md and docs/errors.md, made from the rows.
std::string commands_markdown();
std::string events_markdown();
std::string errors_markdown();

}  // namespace troupe::api
