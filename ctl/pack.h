#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/api/command.h"
#include "lib/base/result.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// What stood on the command line after the verb, apart from troupectl's own options.
struct Typed {
  std::vector<std::string> words;
  std::vector<std::pair<std::string_view, std::string>> options;  ///< row name → its value; flags have none
};

/// What differs between troupectl and circusctl.
struct Spelling {
  /// The words of a command line are quoted where they must be to stay the same words. circusctl joins them
  /// with spaces, as they are.
  bool quoted = true;
  bool checked = true;  ///< a word that can be no signal or name is found here, not by the daemon
};

/// Whether there are as many words as the rows take.
bool fits(const api::Command& verb, std::size_t words);

/// The properties of the request. Words are given to the rows as api::Cli says: required ones are served
/// first, what is left over to the optional ones in their order, and the rest to Cli::rest. Texts become what
/// the row's type wants. What was not written is left out, so that the daemon's defaults count.
/// Errors are Code::invalid and meant for a person at a terminal.
Result<Value> pack(const api::Command& verb, const Typed& typed, const Spelling& spelling = {});

/// A word as JSON where it is JSON, otherwise as text: `3`, `true`, `[1]`, `web`.
Value guess(std::string_view word);

}  // namespace troupe::ctl
