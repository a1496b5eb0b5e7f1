#include "lib/stats/user_names.h"

#include <pwd.h>

#include <cerrno>
#include <vector>

namespace troupe::stats {

namespace {

std::string look_up(unsigned uid) {
  constexpr std::size_t largest = 1 << 20;
  for (std::vector<char> buffer(1024); buffer.size() <= largest; buffer.resize(buffer.size() * 2)) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    if (error == 0 && found) return found->pw_name;
    break;
  }
  return std::to_string(uid);
}

}  // namespace

const std::string& UserNames::find(unsigned uid) {
  const auto found = names_.find(uid);
  if (found != names_.end()) return found->second;
  if (names_.size() >= limit) names_.clear();
  return names_.emplace(uid, look_up(uid)).first->second;
}

}  // namespace troupe::stats
