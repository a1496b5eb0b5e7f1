#include "lib/conf/names.h"

#include <algorithm>

#include "lib/base/utf8.h"
#include "lib/conf/problem.h"

namespace troupe::conf {

namespace {

constexpr std::string_view rlimits[] = {
    "as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
    "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack",
};

constexpr std::string_view hooks[] = {
    "after_reap",    "after_signal", "after_spawn",  "after_start", "after_stop",     "before_reap",
    "before_signal", "before_spawn", "before_start", "before_stop", "extended_stats",
};

}  // namespace

std::span<const std::string_view> rlimit_names() {
  return rlimits;
}

std::span<const std::string_view> hook_names() {
  return hooks;
}

bool is_name(std::span<const std::string_view> names, std::string_view name) {
  return std::binary_search(names.begin(), names.end(), name);
}

Result<void> check_name(std::string_view name) {
  if (name.empty()) return make_error(Code::invalid, "the name is empty: a name has 1 to 255 bytes");
  if (name.size() > longest_name) {
    return make_error(Code::invalid, "the name " + shown(name) + " has " + std::to_string(name.size()) +
                                         " bytes; " + std::to_string(longest_name) + " is the most");
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), is_control)) {
    return make_error(Code::invalid, "the name " + shown(name) + " has a control character in it");
  }
  if (!is_utf8(name)) return make_error(Code::invalid, "the name " + shown(name) + " is not UTF-8");
  return {};
}

}  // namespace troupe::conf
