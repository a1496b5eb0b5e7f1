#include "lib/conf/ini_line.h"

#include "lib/base/text.h"

namespace troupe::conf {

namespace {

using Kind = IniLine::Kind;

/// inih takes lines of 198 characters; the rest of the line is for a piece of the value.
constexpr std::size_t longest_key = 120;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool is_comment(std::string_view line) {
  if (line[0] == '#' || line[0] == ';') return true;
  if (line[0] != 'r' && line[0] != 'R') return false;
  return equal_ignoring_case(split_spaces(line).front(), "rem");
}

std::string_view without_comment(std::string_view value) {
  const auto first = value.find(';');
  if (first == std::string_view::npos || first == 0 || !is_space(value[first - 1])) return value;
  return value.substr(0, first);
}

IniLine read_header(std::string_view line) {
  const auto end = line.rfind(']');
  if (end == std::string_view::npos) return {Kind::broken, "a section header without its ]", {}};
  if (end == 1) return {Kind::broken, "a section header without a name", {}};
  return {Kind::header, line.substr(1, end - 1), {}};
}

IniLine read_entry(std::string_view line) {
  const auto separator = line.find_first_of("=:");
  if (is_space(line[0]))
    return {Kind::broken,
            "an indented line that continues nothing: sections and keys begin in the first column",
            {}};
  if (separator == std::string_view::npos) {
    return {Kind::broken, "neither a section, nor key = value, nor a comment", {}};
  }
  const auto key = trim(line.substr(0, separator));
  if (key.empty()) return {Kind::broken, "a value without a key", {}};
  if (key.size() > longest_key) return {Kind::broken, "a key of more than 120 characters", {}};
  if (key.find(';') != std::string_view::npos) return {Kind::broken, "a key with a ; in it", {}};
  const auto whole = trim(line.substr(separator + 1));
  const auto value = trim(without_comment(whole));
  return {Kind::entry, key, value == "\"\"" ? std::string_view() : value, value.size() < whole.size()};
}

}  // namespace

IniLine read_ini_line(std::string_view line, bool in_section, bool in_entry) {
  const auto text = trim(line);
  if (text.empty() || is_comment(line)) return {};
  if (is_space(line[0]) && in_entry) return {Kind::continuation, {}, text};
  if (line[0] == '[') return read_header(text);
  if (!in_section && !is_space(line[0])) return {Kind::broken, "text before the first section", {}};
  return read_entry(line);
}

}  // namespace troupe::conf
