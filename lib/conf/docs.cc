#include "lib/conf/docs.h"

#include "lib/conf/builtin_plugins.h"
#include "lib/conf/hook_rows.h"
#include "lib/conf/option.h"
#include "lib/conf/stream_options.h"

namespace troupe::conf {

namespace {

std::string_view takes_effect(const ArbiterOption& row) {
  return row.apply == Apply::fixed ? "at start" : "by reloadconfig";
}

/// Of a watcher or a socket.
std::string_view takes_effect(const Row& row) {
  if (!row.where.set || row.apply == Apply::fixed) return "by reloadconfig";
  return row.apply == Apply::live ? "at once" : "by a reload";
}

/// `|` would end the cell, also between backticks.
std::string cell(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string fallback_cell(const Row& row) {
  return row.fallback.empty() ? "" : "`" + cell(row.fallback) + "`";
}

std::string doc_cell(const Row& row) {
  std::string text = cell(row.doc);
  if (!row.not_yet.empty()) text += " *" + std::string(row.plain_name()) + " " + cell(row.not_yet) + ".*";
  return text;
}

template <class Config>
std::string table(std::span<const Option<Config>> rows) {
  std::string text = "| option | type | default | a change takes effect | meaning |\n|---|---|---|---|---|\n";
  for (const auto& row : rows) {
    if (!row.where.file && !row.where.set) continue;
    text += "| `" + std::string(row.name) + "`" + (row.where.file ? "" : " (commands only)") + " | " +
            std::string(row.type) + " | " + fallback_cell(row) + " | " + std::string(takes_effect(row)) +
            " | " + doc_cell(row) + " |\n";
  }
  return text;
}

constexpr std::string_view intro = R"(# Options

This page is made from the rows of the option tables in `lib/conf`; change it there.

A configuration is an INI file. Keys are case-sensitive. A line that starts with white space continues the value
above it; a line that starts with `#`, `;` or the word `rem` is a comment, and so is the rest of a line after its
first ` ;`. Of two equal keys in a section the first counts. `[DEFAULT]` gives keys to every section.

Times are seconds, or a number with `ms`, `s`, `m`, `h` or `d`. Booleans are `yes`, `true`, `on`, `1` and `no`,
`false`, `off`, `0`. An octal mode is written as for chmod. Sizes may end with `K`, `M` or `G`.

`$(circus.env.NAME)`, or with `troupe.` in its place, is a variable of the environment, replaced when the file is
read. `$(circus.wid)` and `$(circus.OPTION)` in `cmd`, `args` and `shell_args` are replaced at each start of a
process.

A change *at once* is what `set` does without touching running processes, and one *by a reload* replaces them
gracefully. What changes *by reloadconfig* is for the file alone: a watcher, or those that use the socket, are
stopped and started. One *at start* needs a new start of the daemon.
)";

constexpr std::string_view env_text = R"(
## `[env]`, `[env:PATTERNS]`

Variables for the processes of all watchers, and of those whose names match one of the shell patterns between
commas. `$NAME` in a value is the daemon's own variable. Later sections win, and `[env:...]` wins over `[env]`.
)";

std::string words(std::span<const std::string_view> names) {
  std::string text;
  for (std::string_view name : names) text += (text.empty() ? "`" : ", `") + std::string(name) + "`";
  return text;
}

std::string streams() {
  std::string text =
      "\n### `stdout_stream.X`, `stderr_stream.X`\n\n`stdout_stream.class` is one of these; without it, and "
      "with "
      "a `filename`, it is FileStream. The names of Circus, `circus.stream.FileStream` and so on, are good "
      "too.\n\n"
      "| class | what it writes to | options |\n|---|---|---|\n";
  for (const StreamClassRow& row : stream_classes()) {
    text += "| `" + std::string(row.name) + "` | " + cell(row.doc) + " | " + words(row.options) + " |\n";
  }
  const WatcherOption& family = *find_watcher_option("stdout_stream.class");
  if (!family.not_yet.empty()) text += "\n*This " + std::string(family.not_yet) + ".*\n";
  text += "\n| X | type | default | meaning |\n|---|---|---|---|\n";
  for (const StreamOption& row : stream_options()) {
    text += "| `" + std::string(row.name) + "` | " + std::string(row.type) + " | " + fallback_cell(row) +
            " | " + cell(row.doc) + " |\n";
  }
  return text;
}

std::string hooks() {
  std::string text =
      "\n### `hooks.X`\n\nHow to write one stands in hooks.md.\n\n"
      "| X | called | with | when it says no |\n|---|---|---|---|\n";
  for (const HookRow& row : hook_rows()) {
    text += "| `" + std::string(row.name) + "` | " + cell(row.when) + " | " + cell(row.arguments) + " | " +
            cell(row.refusal) + (row.counts_when_it_fails ? "; a failure is a yes" : "") + " |\n";
  }
  return text;
}

/// The plugins that are built in, and what they read.
std::string plugins() {
  std::string text;
  for (const BuiltinPlugin& plugin : builtin_plugins) {
    text += "\n### `use = " + std::string(plugin.name) + "`\n\n" + std::string(plugin.summary) +
            "\n\n| option | default | meaning |\n|---|---|---|\n";
    for (const PluginOption& option : plugin.options) {
      text += "| `" + std::string(option.name) + "` | " +
              (option.fallback.empty() ? "" : "`" + cell(option.fallback) + "`") + " | " + cell(option.doc) +
              " |\n";
    }
  }
  return text;
}

constexpr std::string_view plugin_text = R"(
## `[plugin:NAME]`

`use` names the plugin: one that is built in, or the path of a shared object. A class in Python that none of these
replaces is not run: under `[troupe]` an error, under `[circus]` the watcher is `failed`. Every other key is handed to
the plugin; those that are options of watchers also count for the watcher `plugin:NAME` that runs it.
)";

}  // namespace

std::string options_markdown() {
  std::string text(intro);
  text += "\n## `[troupe]` or `[circus]`\n\n" + table(arbiter_options());
  text +=
      "\n## `[watcher:NAME]`\n\nAny other key is a free option: text that `options` shows and plugins "
      "read.\n\n" +
      table(watcher_options());
  text += streams();
  text += hooks();
  text += env_text;
  text += plugin_text;
  text += plugins();
  text +=
      "\n## `[socket:NAME]`\n\nOpened by the daemon before any watcher starts, and given to processes; see "
      "sockets.md.\n\n" +
      table(socket_options());
  return text;
}

}  // namespace troupe::conf
