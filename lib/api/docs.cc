#include "lib/api/docs.h"

#include <algorithm>
#include <vector>

#include "lib/api/errors.h"
#include "lib/api/events.h"
#include "lib/base/text.h"

namespace troupe::api {

namespace {

constexpr std::string_view made_notice =
    "<!-- Made from the rows by `./dev docs`: change them, not this. -->\n\n";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string usage_of(const Param& param) {
  const std::string word = cli_word(param);
  const auto optional = [&](std::string text) { return param.required ? text : "[" + text + "]"; };
  switch (param.cli) {
    case Cli::positional:
      return optional(word);
    case Cli::rest:
      return optional(word + "...");
    case Cli::option:
      return param.type == Type::object ? "[" + word + " KEY=VALUE]..."
                                        : optional(word + " " + upper(param.name));
    case Cli::flag:
    case Cli::inverted:
      return optional(word);
    case Cli::hidden:
      break;
  }
  return {};
}

std::vector<const Param*> all_params(const Command& command) {
  std::vector<const Param*> out;
  for (const Param& param : command.params) out.push_back(&param);
  if (command.waiting == Waiting::possible) out.push_back(&waiting_param);
  return out;
}

/// A cell of a table: a bar inside it would begin another one.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string() : "`" + std::string(text) + "`";
}

void add_row(std::string& out, std::initializer_list<std::string> cells) {
  for (const std::string& text : cells) out += "| " + text + (text.empty() ? "" : " ");
  out += "|\n";
}

void add_fields(std::string& out, std::string_view title, std::span<const Field> fields) {
  if (fields.empty()) return;
  out += "\n";
  add_row(out, {std::string(title), "type", "meaning"});
  add_row(out, {"---", "---", "---"});
  for (const Field& field : fields) {
    add_row(out, {code(field.name), std::string(type_name(field.type)), cell(field.doc)});
  }
}

void add_params(std::string& out, const Command& command) {
  const auto params = all_params(command);
  if (params.empty()) return;
  out += "\n";
  add_row(out, {"property", "type", "default", "troupectl", "meaning"});
  add_row(out, {"---", "---", "---", "---", "---"});
  for (const Param* param : params) {
    add_row(out,
            {code(param->name), std::string(type_name(param->type)),
             param->required ? "required" : code(param->fallback), code(usage_of(*param)), cell(param->doc)});
  }
}

}  // namespace

std::string cli_word(const Param& param) {
  const std::string_view name = param.cli_name.empty() ? param.name : param.cli_name;
  if (param.cli == Cli::rest && param.type == Type::object) return "KEY VALUE";
  if (param.cli == Cli::positional || param.cli == Cli::rest) return upper(name);
  return param.cli == Cli::hidden ? std::string() : "--" + std::string(name);
}

bool ends_in_command_line(const Command& command) {
  return std::any_of(command.params.begin(), command.params.end(),
                     [](const Param& param) { return param.cli == Cli::rest && param.type == Type::text; });
}

std::string usage(const Command& command) {
  std::string line(command.name);
  const auto add = [&](bool options) {
    for (const Param* param : all_params(command)) {
      const bool word = param->cli == Cli::positional || param->cli == Cli::rest;
      if (word == options || param->cli == Cli::hidden) continue;
      line += " " + usage_of(*param);
    }
  };
  const bool options_first = ends_in_command_line(command);
  add(options_first);
  add(!options_first);
  return line;
}

std::string commands_markdown() {
  std::string out = "# Commands\n\n";
  out += made_notice;
  out +=
      "A request names a command and its properties; docs/protocol.md has the frames around it. Names of "
      "commands "
      "and watchers are compared in lower case; a watcher with spaces may also be named as it stands in "
      "topics "
      "(`plain_one`). Unknown properties are ignored, null is the same as absent, and numbers may come as "
      "text. "
      "Every reply has `status`, `time` and `id` beside the keys given here. The same words are verbs of "
      "`troupectl`.\n";
  for (const Command& command : commands()) {
    out += "\n## " + std::string(command.name) + "\n\n" + std::string(command.summary);
    if (!command.doc.empty()) out += " " + std::string(command.doc);
    out += "\n\n    troupectl " + usage(command) + "\n";
    add_params(out, command);
    add_fields(out, "reply", command.reply);
  }
  return out;
}

std::string events_markdown() {
  std::string out = "# Events\n\n";
  out += made_notice;
  out +=
      "Each event is two frames on the PUB endpoint: the topic and a JSON object. The object has `time` "
      "(seconds "
      "since 1970), `seq` (1, 2, 3 ... without a gap) and `boot` (another one for each life of the daemon) "
      "beside "
      "the keys given here. `NAME` is the watcher's name in lower case, with spaces as underscores; dots "
      "stay, so "
      "split a topic from both ends. Events marked with * are not in Circus.\n";
  for (const EventKind& kind : events()) {
    const std::string prefix = kind.scope == Scope::watcher ? "watcher.NAME." : "arbiter.";
    out += "\n## " + prefix + std::string(kind.name) + (kind.origin == Origin::troupe ? " *" : "");
    out += "\n\n" + std::string(kind.doc) + "\n";
    add_fields(out, "key", kind.fields);
  }
  out +=
      "\n## Other topics\n\nPlugins and other clients put events of their own on the bus with the `publish` "
      "command, "
      "under any topic of 1 to 255 bytes that does not begin with `watcher.` or `arbiter.`. A hook "
      "does with `notify_event`, under `watcher.NAME.` of its own watcher. What they say under `time`, "
      "`seq`, `boot` "
      "or `topic` is left out.\n";
  return out;
}

std::string errors_markdown() {
  std::string out = "# Errors\n\n";
  out += made_notice;
  out +=
      "An error reply is `{\"status\": \"error\", \"reason\": TEXT, \"tb\": null, \"time\": SECONDS, "
      "\"errno\": N, "
      "\"id\": ID}`. The numbers are Circus's.\n\n";
  add_row(out, {"errno", "name", "meaning"});
  add_row(out, {"---", "---", "---"});
  for (const ErrorRow& row : errors()) {
    add_row(out, {std::to_string(row.number), std::string(row.name), cell(row.doc)});
  }
  return out;
}

}  // namespace troupe::api
