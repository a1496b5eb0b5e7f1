#include "ctl/circus_verbs.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "ctl/table.h"
#include "lib/api/docs.h"
#include "lib/base/text.h"

namespace troupe::ctl {

namespace {

using api::Cli;
using api::Command;
using api::Param;

/// One verb of circusctl, and what its row has beyond Circus.
struct Row {
  std::string_view name;
  std::array<std::string_view, 2> not_in_circus{};
};

constexpr Row rows[] = {
    {"add", {"options", "waiting"}},
    {"decr"},
    {"dstats"},
    {"get"},
    {"globaloptions"},
    {"incr"},
    {"ipython"},
    {"kill"},
    {"list"},
    {"listen"},
    {"listsockets"},
    {"numprocesses"},
    {"numwatchers"},
    {"options"},
    {"quit"},
    {"reload"},
    {"reloadconfig", {"dry_run"}},
    {"restart"},
    {"rm"},
    {"set"},
    {"signal", {"childpid"}},
    {"start"},
    {"stats"},
    {"status"},
    {"stop"},
};

constexpr OwnOption options[] = {
    {"--endpoint", "ENDPOINT", "Where the daemon takes commands (tcp://127.0.0.1:5555)."},
    {"--help", "", "Print this, or with a command its manual."},
    {"--json", "", "Print the reply as JSON; the exit status is 0 then."},
    {"--prettify", "", "With --json: indented and sorted."},
    {"--ssh", "SSH", "Through a tunnel to [USER@]HOST[:PORT], by the program ssh."},
    {"--ssh_keyfile", "SSH_KEYFILE", "The key for ssh."},
    {"--timeout", "TIMEOUT", "Seconds to wait for the answer (5)."},
    {"--version", "", "Print the version."},
};

/// The rows of the verbs without what Circus has not; `params` holds what the spans in `commands` look at.
struct Verbs {
  std::vector<std::vector<Param>> params;
  std::vector<Command> commands;

  Verbs() {
    params.reserve(std::size(rows));
    for (const Row& row : rows) {
      if (const Command* command = find_verb(row.name)) add(row, *command);
    }
  }

  void add(const Row& row, const Command& command) {
    const auto has = [&](std::string_view name) {
      return std::find(row.not_in_circus.begin(), row.not_in_circus.end(), name) == row.not_in_circus.end();
    };
    auto& kept = params.emplace_back();
    std::copy_if(command.params.begin(), command.params.end(), std::back_inserter(kept),
                 [&](const Param& param) { return has(param.name); });
    Command verb = command;
    verb.params = kept;
    if (!has(api::waiting_param.name)) verb.waiting = api::Waiting::never;
    commands.push_back(verb);
  }
};

std::string unrecognized(std::string_view word) {
  return "unrecognized arguments: " + printable(word);
}

std::vector<const Command*> all_circus_verbs() {
  std::vector<const Command*> all;
  for (const Command& verb : circus_verbs()) all.push_back(&verb);
  return all;
}

std::string unrecognized_option(std::string_view option, const Command*) {
  return unrecognized(option);
}

}  // namespace

std::span<const Command> circus_verbs() {
  static const Verbs verbs;
  return verbs.commands;
}

const Command* find_circus_verb(std::string_view name) {
  for (const Command& verb : circus_verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

std::span<const OwnOption> circus_options() {
  return options;
}

const Grammar& circus_grammar() {
  static constexpr Grammar grammar{find_circus_verb, unrecognized,   unrecognized_option,
                                   all_circus_verbs, circus_options, true};
  return grammar;
}

std::string circus_help() {
  std::string out = std::string(circus_usage) + "\n\nControls a Circus daemon\n\nCommands:\n";
  Table table({{}, {}, {}});
  for (const Command& verb : circus_verbs()) {
    table.add({"", std::string(verb.name), std::string(verb.summary)});
  }
  out += table.text(false) + "\noptions:\n";
  Table own({{}, {}, {}});
  for (const OwnOption& row : options) {
    own.add({"", std::string(row.name) + (row.value.empty() ? "" : " ") + std::string(row.value),
             std::string(row.doc)});
  }
  return out + own.text(false);
}

std::string circus_verb_help(const Command& verb) {
  std::string usage(verb.name);
  usage += " [-h]";
  usage += api::usage(verb).substr(verb.name.size());
  Table table({{}, {}, {}});
  table.add({"", "-h, --help", "show this help message and exit"});
  const auto add = [&](const Param& param) {
    if (param.cli == Cli::hidden) return;
    table.add({"", api::cli_word(param), std::string(param.doc)});
  };
  for (const Param& param : verb.params) add(param);
  if (verb.waiting == api::Waiting::possible) add(api::waiting_param);
  return std::string(circus_usage) + " " + usage + "\n\noptions:\n" + table.text(false);
}

std::string circus_verb_manual(const Command& verb) {
  std::string out(verb.summary);
  out += "\n" + std::string(verb.summary.size(), '=') + "\n\n";
  if (!verb.doc.empty()) out += std::string(verb.doc) + "\n\n";
  return out + circus_verb_help(verb);
}

std::string circus_topics() {
  std::vector<std::string> names{"help"};
  for (const Command& verb : circus_verbs()) names.emplace_back(verb.name);
  std::sort(names.begin(), names.end());
  const std::string title = "Documented commands (type help <topic>):";
  std::string out = "\n" + title + "\n" + std::string(title.size(), '=') + "\n";
  constexpr std::size_t columns = 7;
  const std::size_t lines = (names.size() + columns - 1) / columns;
  Table table(std::vector<Table::Column>(columns, Table::Column{}));
  for (std::size_t line = 0; line < lines; ++line) {  // downwards, then to the right
    std::vector<Table::Cell> cells;
    for (std::size_t at = line; at < names.size(); at += lines) cells.emplace_back(names[at]);
    table.add(std::move(cells));
  }
  return out + table.text(false) + "\nUndocumented commands:\n======================\nEOF\n\n";
}

std::string circus_auto_complete(std::string_view words, std::string_view word) {
  const auto typed = split_spaces(words);
  const auto index = parse_int(word);
  const bool known = index && *index >= 1 && *index < static_cast<std::int64_t>(typed.size());
  const std::string_view start = known ? typed[static_cast<std::size_t>(*index)] : std::string_view();
  std::string line;
  for (const Command& verb : circus_verbs()) {
    if (verb.name.starts_with(start)) line += (line.empty() ? "" : " ") + std::string(verb.name);
  }
  return line + "\n";
}

}  // namespace troupe::ctl
