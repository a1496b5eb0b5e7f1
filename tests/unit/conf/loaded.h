#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/conf/map_files.h"

namespace doctest {
/// So that a failed check shows the lines.
template <>
struct StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += "\n    " + line;
    return text.c_str();
  }
};
}  // namespace doctest

/// What the tests of loading share: one file named `a.ini`, and problems as the lines that people see.
inline troupe::conf::Environment test_environment() {
  return {{{"HOME", "/home/me"}, {"N", "3"}, {"EMPTY", ""}}, "/run/troupe", ""};
}

inline troupe::conf::Loaded load_text(const std::string& text, bool strict = false) {
  MapFiles files;
  files.files["a.ini"] = text;
  return troupe::conf::load("a.ini", files, test_environment(), strict);
}

inline std::vector<std::string> lines_of(const troupe::conf::Loaded& loaded) {
  std::vector<std::string> lines;
  for (const auto& problem : loaded.problems) lines.push_back(to_text(problem));
  return lines;
}
