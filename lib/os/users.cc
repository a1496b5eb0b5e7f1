#include "lib/os/users.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <limits>

#include "lib/base/text.h"
#include "lib/os/system_error.h"

namespace troupe::os {

namespace {

/// Digits only, and not (uid_t)-1, which means "leave as it is" to the kernel.
std::optional<std::uint32_t> parse_id(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return {};
  const auto number = parse_int(text);
  if (!number || *number < 0 || *number >= std::numeric_limits<std::uint32_t>::max()) return {};
  return static_cast<std::uint32_t>(*number);
}

/// Calls one of getpwnam_r and its like with a buffer that grows as long as it is too small. Some data bases
/// say "not there" with an error of these.
template <class Entry, class Ask>
Result<bool> ask_data_base(Entry& entry, std::vector<char>& buffer, std::string_view subject, Ask ask) {
  buffer.resize(1024);
  for (;;) {
    Entry* found = nullptr;
    const int error = ask(&entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < (1u << 22)) {
      buffer.resize(buffer.size() * 4);
    } else if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) {
      return found != nullptr;
    } else if (error != EINTR) {
      return system_error("lookup", subject, error);
    }
  }
}

}  // namespace

Result<User> find_user(std::string_view name_or_number) {
  const std::string text(name_or_number);
  const auto id = parse_id(text);
  passwd entry;
  std::vector<char> buffer;
  const auto found =
      ask_data_base(entry, buffer, text, [&](passwd* into, char* space, std::size_t size, passwd** answer) {
        return id ? getpwuid_r(*id, into, space, size, answer)
                  : getpwnam_r(text.c_str(), into, space, size, answer);
      });
  if (!found) return found.error();
  if (*found) return User{entry.pw_uid, entry.pw_gid, entry.pw_name};
  if (id) return User{*id, {}, {}};
  return make_error(Code::not_found, "no user named " + text);
}

Result<gid_t> find_group(std::string_view name_or_number) {
  const std::string text(name_or_number);
  if (const auto id = parse_id(text)) return gid_t{*id};
  group entry;
  std::vector<char> buffer;
  const auto found =
      ask_data_base(entry, buffer, text, [&](group* into, char* space, std::size_t size, group** answer) {
        return getgrnam_r(text.c_str(), into, space, size, answer);
      });
  if (!found) return found.error();
  if (*found) return entry.gr_gid;
  return make_error(Code::not_found, "no group named " + text);
}

std::vector<gid_t> find_groups_of(const std::string& user, gid_t gid) {
  std::vector<gid_t> groups(32);
  for (;;) {
    int count = static_cast<int>(groups.size());
    if (getgrouplist(user.c_str(), gid, groups.data(), &count) >= 0) {
      groups.resize(static_cast<std::size_t>(count));
      return groups;
    }
    groups.resize(std::max(static_cast<std::size_t>(count), groups.size() * 2));
  }
}

}  // namespace troupe::os
