#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace troupe::api {

/// What a property of a request may hold. `troupectl` converts words of the command line by it.
enum class Type {
  text,
  integer,  ///< also text of digits, which Circus's own client sends
  number,   ///< integer or float, also as text
  boolean,
  signal,   ///< an integer or text; parse_signal reads it
  watcher,  ///< the name of a watcher
  list,     ///< of text (in a reply: of anything)
  words,    ///< text, or a list of text
  object,
  any,
};

/// The word for it in documents and help.
std::string_view type_name(Type type);

/// How a parameter is written on troupectl's command line.
enum class Cli {
  positional,  ///< in the order of the rows; required as the row says. Words go to the required ones first:
               ///< `signal NAME [PID] SIGNUM`
  rest,        ///< all words that are left; one line for Type::text, a list for Type::list, KEY VALUE pairs
               ///< for Type::object
  option,      ///< --name VALUE; for Type::object --name KEY=VALUE, as often as wanted
  flag,        ///< --name, a boolean
  inverted,    ///< --flag that sends false; the flag's name is `cli_name`
  hidden,      ///< only on the wire
};

/// What a number of Type::integer may be, its ends included.
struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};
/// The numbers of processes, and of processes within a watcher where 0 is the watcher itself.
inline constexpr Range pids{1, std::numeric_limits<int>::max()};
inline constexpr Range wids{0, std::numeric_limits<int>::max()};

/// One property of a request. `fallback` is the default as JSON text (a number, true, false, a text without
/// escapes, [] or {}); empty: no default, the handler sees nothing.
struct Param {
  std::string_view name;
  Type type;
  bool required;
  std::string_view fallback;
  Cli cli;
  std::string_view doc;
  std::string_view cli_name = {};  ///< when it differs from `name`
  Range range = {};
};

/// One key of a successful reply, for documents, checks in tests and the printing of troupectl.
struct Field {
  std::string_view name;
  Type type;
  std::string_view doc;
};

enum class Access { read, write };

/// Whether `waiting` is meaningful: the command's work takes time.
enum class Waiting { never, possible };

/// One command of the control endpoint. A row here and a handler row in daemon/command make it exist;
/// troupectl, help, completion and docs/commands.md follow.
struct Command {
  std::string_view name;
  Access access;
  Waiting waiting;
  std::span<const Param> params;
  std::span<const Field> reply;
  std::string_view summary;  ///< one line
  std::string_view doc;      ///< the rest of the manual's text; may be empty
};

/// All commands, sorted by name.
std::span<const Command> commands();

/// Case-blind, as Circus matches them; nullptr when there is none.
const Command* find_command(std::string_view name);

/// The property that every command with Waiting::possible takes beside its rows.
inline constexpr Param waiting_param{
    "waiting", Type::boolean, false,
    "false",   Cli::flag,     "Answer when the work is done, with its result, and not at once."};

/// The row of that property, `waiting` included; nullptr when the command has none.
const Param* find_param(const Command& command, std::string_view name);

}  // namespace troupe::api
