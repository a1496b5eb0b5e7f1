#include "daemon/stats/background_names.h"

#include "lib/os/local_accounts.h"

namespace troupe {

BackgroundNames::BackgroundNames(loop::Loop& loop, Identities::LookUp look_up)
    : loop_(loop), identities_(loop, Identities::OnAnswer::to<&BackgroundNames::on_answer>(*this), look_up) {}

std::string BackgroundNames::find(unsigned uid) {
  if (const auto known = names_.find(uid); known != names_.end()) return known->second;
  if (names_.size() >= limit) names_.clear();
  if (auto local = os::local_user_name(uid)) return names_[uid] = *std::move(local);
  const std::string number = std::to_string(uid);
  const Identity* const asked = identities_.find({number, {}}, loop_.now());
  if (!asked || asked->name.empty()) return number;
  return names_[uid] = asked->name;
}

}  // namespace troupe
