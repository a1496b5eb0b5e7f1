#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ctl/cli.h"
#include "ctl/verbs.h"
#include "lib/api/command.h"

namespace troupe::ctl {

/// The command line of circusctl, made from the same rows: Circus's verbs, each without what Circus has not.

inline constexpr std::string_view circus_usage = "usage: circusctl [options] command [args]";

/// Sorted by name.
std::span<const api::Command> circus_verbs();
/// nullptr when Circus has no such verb.
const api::Command* find_circus_verb(std::string_view name);

/// The options that stand before the verb.
std::span<const OwnOption> circus_options();

const Grammar& circus_grammar();

/// What `--help`, `VERB --help` and `--help VERB` print.
std::string circus_help();
std::string circus_verb_help(const api::Command& verb);
std::string circus_verb_manual(const api::Command& verb);

/// The names of all verbs in columns, as `help` of the interactive shell shows them.
std::string circus_topics();

/// The verbs that begin with the word that is being typed, as AUTO_COMPLETE asks for them: `words` and `word`
/// are COMP_WORDS and COMP_CWORD.
std::string circus_auto_complete(std::string_view words, std::string_view word);

}  // namespace troupe::ctl
