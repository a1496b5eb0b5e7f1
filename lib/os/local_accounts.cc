#include "lib/os/local_accounts.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/os/proc_file.h"

namespace troupe::os {

namespace {

std::string read_text(const char* path) {
  return read_whole_file(path).value_or("");
}

Known find_in(const char* path, std::string_view data_base, std::string_view name) {
  const bool is_number = !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number || has_account(read_text(path), name)) return Known::yes;
  return files_decide(read_text("/etc/nsswitch.conf"), data_base) ? Known::no : Known::not_said;
}

}  // namespace

Known find_local_user(std::string_view name_or_number) {
  return find_in("/etc/passwd", "passwd", name_or_number);
}

Known find_local_group(std::string_view name_or_number) {
  return find_in("/etc/group", "group", name_or_number);
}

std::optional<std::string> local_user_name(uid_t uid) {
  return name_of_account(read_text("/etc/passwd"), uid);
}

bool has_account(std::string_view text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') return true;
  }
  return false;
}

std::optional<std::string> name_of_account(std::string_view text, uid_t number) {
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 3 || fields[0].empty() || fields[0].front() == '#') continue;
    if (parse_int(fields[2]) == std::int64_t{number}) return std::string(fields[0]);
  }
  return std::nullopt;
}

bool files_decide(std::string_view text, std::string_view data_base) {
  for (std::string_view line : split(text, '\n')) {
    line = trim(line.substr(0, line.find('#')));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || trim(line.substr(0, colon)) != data_base) continue;
    const auto words = split_spaces(line.substr(colon + 1));
    return std::all_of(words.begin(), words.end(),
                       [](std::string_view word) { return word == "files" || word.front() == '['; });
  }
  return true;
}

}  // namespace troupe::os
