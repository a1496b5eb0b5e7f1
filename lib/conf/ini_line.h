#pragma once

#include <string_view>

namespace troupe::conf {

/// What one physical line of an INI file is, by the rules that stand at parse_ini.
struct IniLine {
  enum class Kind {
    nothing,       ///< blank or a comment
    header,        ///< name
    entry,         ///< name and value
    continuation,  ///< value
    broken,        ///< name says what is wrong, for people
  };
  Kind kind = Kind::nothing;
  std::string_view name;
  std::string_view value;
  bool is_cut = false;  ///< a comment stands behind the value

  bool operator==(const IniLine&) const = default;
};

/// What may stand before a line: `in_section` after the first header, `in_entry` after an entry of the
/// section.
IniLine read_ini_line(std::string_view line, bool in_section, bool in_entry);

}  // namespace troupe::conf
