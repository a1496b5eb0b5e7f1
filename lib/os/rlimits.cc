#include "lib/os/rlimits.h"

#include <sys/resource.h>

#include <cerrno>
#include <string>

#include "lib/base/text.h"
#include "lib/os/system_error.h"

namespace troupe::os {

namespace {

struct Row {
  std::string_view name;
  int resource;
};

constexpr Row rows[] = {
    {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},
    {"cpu", RLIMIT_CPU},         {"data", RLIMIT_DATA},
    {"fsize", RLIMIT_FSIZE},     {"locks", RLIMIT_LOCKS},
    {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE},
    {"nice", RLIMIT_NICE},       {"nofile", RLIMIT_NOFILE},
    {"nproc", RLIMIT_NPROC},     {"ofile", RLIMIT_NOFILE},
    {"rss", RLIMIT_RSS},         {"rtprio", RLIMIT_RTPRIO},
    {"rttime", RLIMIT_RTTIME},   {"sigpending", RLIMIT_SIGPENDING},
    {"stack", RLIMIT_STACK},
};

std::string_view name_of(int resource) {
  for (const Row& row : rows) {
    if (row.resource == resource) return row.name;
  }
  return "?";
}

std::optional<std::uint64_t> from_kernel(rlim_t value) {
  if (value == RLIM_INFINITY) return {};
  return value;
}

rlim_t to_kernel(const std::optional<std::uint64_t>& value) {
  return value ? static_cast<rlim_t>(*value) : RLIM_INFINITY;
}

}  // namespace

std::optional<int> find_rlimit(std::string_view name) {
  for (const Row& row : rows) {
    if (equal_ignoring_case(row.name, name)) return row.resource;
  }
  return {};
}

Result<Limit> get_rlimit(int resource) {
  rlimit raw;
  if (getrlimit(static_cast<__rlimit_resource_t>(resource), &raw) != 0)
    return system_error("getrlimit", name_of(resource), errno);
  return Limit{from_kernel(raw.rlim_cur), from_kernel(raw.rlim_max)};
}

Result<void> set_rlimit(int resource, const Limit& limit) {
  const rlimit raw{to_kernel(limit.soft), to_kernel(limit.hard)};
  if (setrlimit(static_cast<__rlimit_resource_t>(resource), &raw) != 0)
    return system_error("setrlimit", name_of(resource), errno);
  return {};
}

Result<Limit> raise_descriptor_limit() {
  auto before = get_rlimit(RLIMIT_NOFILE);
  // A refusal (a hard limit above the kernel's own bound) leaves the limit as it was: nothing is lost.
  if (before) (void)set_rlimit(RLIMIT_NOFILE, {before->hard, before->hard});
  return before;
}

}  // namespace troupe::os
