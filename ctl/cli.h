#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/settings.h"
#include "ctl/verbs.h"
#include "lib/base/result.h"

namespace troupe::ctl {

/// What differs between the command lines of troupectl and circusctl; the rest is the rows' and the same.
struct Grammar {
  const api::Command* (*find_verb)(std::string_view name);
  /// What to say of a word that is no verb, and of an option that the verb (or without one, the program) has
  /// not.
  std::string (*unknown_verb)(std::string_view name);
  std::string (*unknown_option)(std::string_view option, const api::Command* verb);
  std::vector<const api::Command*> (*verbs)();  ///< all, sorted by name
  std::span<const OwnOption> (*options)();      ///< those of the program
  bool circus = false;  ///< the program's own options are circusctl's, and stand before the verb only
};

/// That of troupectl.
const Grammar& own_grammar();

/// Reads the command line (without the program's name). Options of troupectl may stand before and after the
/// verb; of a verb whose last words are a command line (`add NAME CMD...`) they stand before these.
/// Errors are Code::invalid, a line for the person who typed it; then `verb` gets the row of the verb, when
/// it was understood.
Result<Invocation> read_command_line(const std::vector<std::string>& words,
                                     const Grammar& grammar = own_grammar(),
                                     const api::Command** verb = nullptr);

/// The command line of circus-top.
struct CircusTopLine {
  std::string endpoint, ssh;
  double process_timeout = 3;  ///< seconds
  bool version = false;
  std::string help;  ///< its text, when it was asked for
};
/// Errors are Code::invalid, a line for the person who typed it.
Result<CircusTopLine> read_circus_top(const std::vector<std::string>& words);

}  // namespace troupe::ctl
