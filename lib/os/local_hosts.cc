#include "lib/os/local_hosts.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/os/proc_file.h"

namespace troupe::os {

std::vector<std::string> find_local_host(std::string_view name) {
  std::vector<std::string> addresses = addresses_of(read_whole_file("/etc/hosts").value_or(""), name);
  if (equal_ignoring_case(name, "localhost")) addresses.insert(addresses.end(), {"127.0.0.1", "::1"});
  return addresses;
}

std::vector<std::string> addresses_of(std::string_view text, std::string_view name) {
  std::vector<std::string> addresses;
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split_spaces(line.substr(0, line.find('#')));
    const bool is_his =
        words.size() > 1 && std::any_of(words.begin() + 1, words.end(), [name](std::string_view word) {
          return equal_ignoring_case(word, name);
        });
    if (is_his) addresses.emplace_back(words[0]);
  }
  return addresses;
}

}  // namespace troupe::os
