#include "lib/conf/docs.h"

#include "lib/conf/option.h"

namespace troupe::conf {

namespace {

std::string_view takes_effect(Apply apply) {
  switch (apply) {
    case Apply::live:
      return "at once";
    case Apply::respawn:
      return "by a reload";
    case Apply::fixed:
      return "at start";
  }
  return "";
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
            std::string(row.type) + " | " + fallback_cell(row) + " | " +
            std::string(takes_effect(row.where.set ? row.apply : Apply::fixed)) + " | " + doc_cell(row) +
            " |\n";
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

A change *at once* is what `set` does without touching running processes, one *by a reload* replaces them
gracefully, and one *at start* needs a new start of the daemon.
)";

constexpr std::string_view env_text = R"(
## `[env]`, `[env:PATTERNS]`

Variables for the processes of all watchers, and of those whose names match one of the shell patterns between
commas. `$NAME` in a value is the daemon's own variable. Later sections win, and `[env:...]` wins over `[env]`.
)";

constexpr std::string_view plugin_text = R"(
## `[plugin:NAME]`

`use` names the plugin. Every other key is handed to the plugin; those that are options of watchers also count for
the watcher `plugin:NAME` that runs it.
)";

}  // namespace

std::string options_markdown() {
  std::string text(intro);
  text += "\n## `[troupe]` or `[circus]`\n\n" + table(arbiter_options());
  text +=
      "\n## `[watcher:NAME]`\n\nAny other key is a free option: text that `options` shows and plugins "
      "read.\n\n" +
      table(watcher_options());
  text += env_text;
  text += plugin_text;
  text += "\n## `[socket:NAME]`\n\nRead and checked; sockets are not opened by this version.\n\n" +
          table(socket_options());
  return text;
}

}  // namespace troupe::conf
