#include "lib/conf/names.h"

#include <algorithm>

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

}  // namespace troupe::conf
