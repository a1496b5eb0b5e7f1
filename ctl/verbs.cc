#include "ctl/verbs.h"

#include <algorithm>
#include <array>
#include <vector>

#include "ctl/table.h"
#include "lib/api/docs.h"
#include "lib/api/event_commands.h"
#include "lib/api/log_commands.h"
#include "lib/base/text.h"

namespace troupe::ctl {

namespace {

using api::Access;
using api::Cli;
using api::Command;
using api::Param;
using api::Type;
using api::Waiting;

constexpr Param follow_param{"follow",  Type::boolean,
                             false,     "false",
                             Cli::flag, "Go on with each event as it is published, until Ctrl-C."};

/// The rows of the daemon's `events` and the flag that makes it a subscription.
constexpr auto events_params = [] {
  std::array<Param, std::size(api::events_params) + 1> params{};
  std::copy(std::begin(api::events_params), std::end(api::events_params), params.begin());
  params.back() = follow_param;
  return params;
}();

constexpr Param follow_logs_param{"follow", Type::boolean, false,
                                  "false",  Cli::flag,     "Go on with each line as it comes, until Ctrl-C."};

constexpr auto logs_params = [] {
  std::array<Param, std::size(api::logs_params) + 1> params{};
  std::copy(std::begin(api::logs_params), std::end(api::logs_params), params.begin());
  params.back() = follow_logs_param;
  return params;
}();

constexpr Param listen_params[] = {
    {"topics", Type::list, false, "", Cli::rest, "Only topics that begin with one of these.", "topic"},
};
constexpr Param complete_params[] = {
    {"shell", Type::text, true, "", Cli::positional, "bash or zsh."},
    {"line", Type::text, false, "", Cli::positional, "A command line: print the choices for its last word."},
};
constexpr Param top_params[] = {
    {"filter", Type::text, false, "", Cli::positional, "Only what has this in its name, pid or command."},
    {"sort", Type::text, false, R"("name")", Cli::option, "name, cpu, mem, age, restarts or state."},
};
constexpr Param keygen_params[] = {
    {"output", Type::text, false, "", Cli::option,
     "Write the pair to this file, which must not be there yet, for its owner only, and the public key to "
     "FILE.pub."},
};
constexpr Param help_params[] = {
    {"verb", Type::text, false, "", Cli::positional, "The command to explain."},
};

constexpr Command verbs[] = {
    {"complete",
     Access::read,
     Waiting::never,
     complete_params,
     {},
     "Print the completion script for a shell.",
     "For bash: `. <(troupectl complete bash)` in ~/.bashrc. For zsh: `troupectl complete zsh > "
     "FOLDER/_troupectl`, with a folder of fpath."},
    {"events",
     Access::read,
     Waiting::never,
     events_params,
     {},
     "Show events that were published, or follow them.",
     "Without --follow: what the daemon still keeps. With it: what comes from now on, and with --since N "
     "also "
     "everything after number N. What the subscription misses is fetched, so that no event is left out."},
    {"help", Access::read, Waiting::never, help_params, {}, "Explain a command.", ""},
    {"keygen",
     Access::read,
     Waiting::never,
     keygen_params,
     {},
     "Make a pair of CURVE keys.",
     "The daemon's pair is its curve_server_key. Of a client's the public key goes into its folder "
     "curve_clients, the "
     "pair stays with him: --curve-key. Without --output both are printed."},
    {"listen",
     Access::read,
     Waiting::never,
     listen_params,
     {},
     "Follow events, as events --follow does.",
     ""},
    {"logs",
     Access::read,
     Waiting::never,
     logs_params,
     {},
     "Show the last output of processes, or follow it.",
     "Of watchers with a stdout_stream or stderr_stream. With --follow: the last lines, and then each as it "
     "comes."},
    {"top",
     Access::read,
     Waiting::never,
     top_params,
     {},
     "Watch what watchers and processes use, and start or stop them with a key.",
     "The key ? lists all keys."},
};

constexpr OwnOption options[] = {
    {"--endpoint", "ENDPOINT",
     "Where the daemon listens; else TROUPE_ENDPOINT, CIRCUSCTL_ENDPOINT, the usual places."},
    {"--name", "NAME", "The daemon that was started with --name NAME."},
    {"--curve-key", "FILE", "One's own keys (troupectl keygen); else TROUPE_CURVE_KEY."},
    {"--curve-server", "KEY",
     "The daemon's public key, or a file that has it, to reach it over TCP with CURVE; else "
     "TROUPE_CURVE_SERVER."},
    {"--timeout", "SECONDS", "How long to wait for the answer (5; 300 with --waiting)."},
    {"--json", "", "Print the reply as it came."},
    {"--prettify", "", "With --json: indented."},
    {"--color", "WHEN", "auto (on a terminal), always or never."},
    {"--version", "", "Print the version."},
    {"--help", "", "Print this, or with a command what it does."},
};

struct Alias {
  std::string_view param;
  std::string_view option;
};
constexpr Alias aliases[] = {{"waiting", "--wait"}, {"follow", "-f"}, {"limit", "-n"}};

template <class Pick>
void for_each_option(const Command& verb, Pick pick) {
  for (const Param& param : verb.params) {
    if (param.cli == Cli::option || param.cli == Cli::flag || param.cli == Cli::inverted) pick(param);
  }
  if (verb.waiting == Waiting::possible) pick(api::waiting_param);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto near = closest(word, candidates);
  return near ? "; did you mean " + std::string(*near) + "?" : std::string();
}

}  // namespace

const Command* find_verb(std::string_view name) {
  for (const Command& verb : verbs) {
    if (verb.name == name) return &verb;
  }
  return api::find_command(name);
}

std::span<const Command> local_verbs() {
  return verbs;
}

std::vector<const Command*> all_verbs() {
  std::vector<const Command*> all;
  for (const Command& command : api::commands()) all.push_back(find_verb(command.name));
  for (const Command& verb : verbs) {
    if (!api::find_command(verb.name)) all.push_back(&verb);
  }
  std::sort(all.begin(), all.end(), [](const Command* a, const Command* b) { return a->name < b->name; });
  return all;
}

std::span<const OwnOption> own_options() {
  return options;
}

std::string_view alias(const Param& param) {
  for (const Alias& row : aliases) {
    if (row.param == param.name) return row.option;
  }
  return {};
}

std::string unknown_verb(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : api::commands()) names.push_back(command.name);
  for (const Command& verb : verbs) names.push_back(verb.name);
  return "unknown command '" + printable(name) + "'" + did_you_mean(to_lower(name), names);
}

std::string unknown_option(std::string_view option, const Command* verb) {
  option = option.substr(0, option.find('='));
  std::vector<std::string> names;
  for (const OwnOption& own : options) names.emplace_back(own.name);
  if (verb) {
    for_each_option(*verb, [&](const Param& param) {
      names.push_back(api::cli_word(param));
      if (!alias(param).empty()) names.emplace_back(alias(param));
    });
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  return "unknown option '" + printable(option) + "'" + did_you_mean(option, views);
}

std::string general_help() {
  std::string out =
      "Usage: troupectl [OPTIONS] COMMAND [ARGUMENTS]\n\nControls a running trouped.\n\nCommands:\n";
  Table table({{}, {}, {}});
  for (const Command* verb : all_verbs())
    table.add({"", std::string(verb->name), std::string(verb->summary)});
  out += table.text(false) + "\nOptions:\n";
  Table own({{}, {}, {}});
  for (const OwnOption& row : options) {
    own.add({"", std::string(row.name) + (row.value.empty() ? "" : " ") + std::string(row.value),
             std::string(row.doc)});
  }
  out += own.text(false);
  out +=
      "\nExit status: 0 good, 1 trouble on this side (no daemon, no answer in time), 2 usage, 3 the daemon "
      "said no; "
      "status NAME of a watcher that does not run: 3.\n";
  return out;
}

std::string usage_line(const Command& verb) {
  return api::usage(verb);
}

std::string verb_help(const Command& verb) {
  std::string out = "Usage: troupectl [OPTIONS] " + api::usage(verb) + "\n\n" + std::string(verb.summary);
  if (!verb.doc.empty()) out += " " + std::string(verb.doc);
  out += "\n";
  Table table({{}, {}, {}});
  for (const Param& param : verb.params) {
    if (param.cli != Cli::positional && param.cli != Cli::rest) continue;
    table.add({"", api::cli_word(param), std::string(param.doc)});
  }
  for_each_option(verb, [&](const Param& param) {
    std::string word = api::cli_word(param);
    if (!alias(param).empty()) word += ", " + std::string(alias(param));
    table.add({"", std::move(word), std::string(param.doc)});
  });
  if (const std::string rows = table.text(false); !rows.empty()) out += "\n" + rows;
  return out;
}

}  // namespace troupe::ctl
