#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/conf/origin.h"
#include "lib/conf/problem.h"

namespace troupe::conf {

/// One `key = value` of a file. The key keeps its case; lines of a continued value are joined with newlines.
struct IniEntry {
  std::string key;
  std::string value;
  Origin origin;
  bool is_cut = false;  ///< a comment stood behind the value in its line

  bool operator==(const IniEntry&) const = default;
};

/// One `[name]` with its entries in file order, each key once.
struct IniSection {
  std::string name;
  Origin origin;  ///< of its first header
  std::vector<IniEntry> entries;

  const IniEntry* find(std::string_view key) const;
};

/// What one or more INI files hold. As in Circus, a repeated header adds to its section, and the first of
/// several equal keys of a section counts, so that a file beats those that are read after it.
class IniDocument {
 public:
  const std::vector<IniSection>& sections() const { return sections_; }
  const IniSection* find(std::string_view name) const;

  /// The section of that name, made if there is none yet. Valid until the next call.
  IniSection& open(const std::string& name, const Origin& origin);

 private:
  std::vector<IniSection> sections_;  // in the order of their first headers
  std::map<std::string, std::size_t, std::less<>> index_;
};

/// The section whose keys are defaults of every other section.
inline constexpr std::string_view defaults_section = "DEFAULT";

/// Reads the text of one file into the document. Every line that is no comment, header, entry or continuation
/// is a problem of severity error; a key that stands twice in this file is a warning. `file` is what origins
/// and problems name. False, with one problem, when the whole is no text in UTF-8: NUL bytes, UTF-16, lines
/// that end in a carriage return alone. A byte order mark of UTF-8 is passed over.
///
/// The rules are those of Circus, which come from Python's parser: comments are lines whose first character
/// is `#` or `;` or whose first word is `rem`; inside a line only ` ;` starts one, and only if that is the
/// first `;` of the value; a line that begins with white space continues the value above it, over blank
/// lines and comments; `=` and `:` separate; the value `""` is empty; nothing is interpolated.
bool parse_ini(std::string_view text, const std::string& file, IniDocument& document, Report& report);

}  // namespace troupe::conf
