#include "daemon/spawn/identities.h"

#include <cerrno>

#include "lib/os/users.h"

namespace troupe {

namespace {

Identity refuse(std::string_view stage, const std::string& subject, const Error& error) {
  const int number = error.code == Code::not_found ? ENOENT : EIO;
  return {{}, {}, {}, core::SpawnFailure{stage, number, subject, error.text}};
}

Identity look_up(const std::optional<std::string>& user_text, const std::optional<std::string>& group_text) {
  Identity identity;
  os::User user;
  if (user_text) {
    auto found = os::find_user(*user_text);
    if (!found) return refuse("user", *user_text, found.error());
    user = *std::move(found);
    identity.uid = user.uid;
    identity.gid = user.gid;
  }
  if (group_text) {
    auto found = os::find_group(*group_text);
    if (!found) return refuse("group", *group_text, found.error());
    identity.gid = *found;
  }
  if (identity.gid) {
    identity.groups =
        user.name.empty() ? std::vector<gid_t>{*identity.gid} : os::find_groups_of(user.name, *identity.gid);
  }
  return identity;
}

}  // namespace

const Identity& Identities::find(const std::optional<std::string>& user,
                                 const std::optional<std::string>& group, Instant now) {
  const auto key = std::pair(user, group);
  const auto found = known_.find(key);
  if (found != known_.end() && now < found->second.until) return found->second.identity;
  if (found == known_.end() && known_.size() >= most) known_.clear();
  Known& known = known_[key];
  known = {look_up(user, group), now + kept_for};
  return known.identity;
}

bool Identities::is_news(const std::string& watcher, const std::string& user) {
  if (told_.size() >= most) told_.clear();
  return told_.emplace(watcher, user).second;
}

}  // namespace troupe
