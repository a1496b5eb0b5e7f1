#pragma once

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
  list,     ///< of text
  words,    ///< text, or a list of text
  object,
  any,
};

/// How a parameter is written on troupectl's command line.
enum class Cli {
  positional,  ///< in the order of the rows; required as the row says
  rest,        ///< all words that are left; joined with spaces for Type::text, a list for Type::list,
               ///< KEY VALUE pairs for Type::object
  option,      ///< --name VALUE
  flag,        ///< --name, a boolean
  inverted,    ///< --flag that sends false; the flag's name is `cli_name`
  hidden,      ///< only on the wire
};

/// One property of a request. `fallback` is the default as JSON text; empty: no default, the handler sees
/// nothing.
struct Param {
  std::string_view name;
  Type type;
  bool required;
  std::string_view fallback;
  Cli cli;
  std::string_view doc;
  std::string_view cli_name = {};  ///< when it differs from `name`
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

}  // namespace troupe::api
