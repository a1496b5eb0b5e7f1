#include "lib/os/proc_detail.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include "lib/os/proc_file.h"

namespace troupe::os {

namespace {

/// The first number behind "\nKEY:\t"; the name of the process, which comes first, cannot hold a new line:
/// the kernel escapes it.
std::optional<std::uint64_t> number_of(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + key.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace

std::optional<ProcDetail> parse_proc_status(std::string_view text) {
  const auto uid = number_of(text, "\nUid:");
  if (!uid || *uid > UINT32_MAX) return std::nullopt;
  constexpr std::uint64_t kilo = 1024;
  return ProcDetail{.uid = static_cast<unsigned>(*uid),
                    .rss = number_of(text, "\nVmRSS:").value_or(0) * kilo,
                    .vsize = number_of(text, "\nVmSize:").value_or(0) * kilo};
}

std::optional<ProcDetail> parse_proc_statm(std::string_view text, std::uint64_t page_size) {
  std::uint64_t pages[2] = {};  // size resident shared …
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint64_t& number : pages) {
    while (at != end && *at == ' ') ++at;
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) return std::nullopt;
    at = after;
  }
  return ProcDetail{.rss = pages[1] * page_size, .vsize = pages[0] * page_size};
}

Result<ProcDetail> read_proc_detail(int pid) {
  // Room for a process of many supplementary groups, whose line stands before the sizes.
  char buffer[16384];
  const auto text = read_proc_file(AT_FDCWD, pid, "status", buffer);
  if (!text) return text.error();
  const auto detail = parse_proc_status(*text);
  if (!detail) return make_error(Code::not_found, "/proc/" + std::to_string(pid) + "/status: not readable");
  return *detail;
}

Result<std::string> read_proc_cmdline(int pid) {
  char buffer[4096];
  const auto text = read_proc_file(AT_FDCWD, pid, "cmdline", buffer);
  if (!text) return text.error();
  return std::string(*text);
}

}  // namespace troupe::os
