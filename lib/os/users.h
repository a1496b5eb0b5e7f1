#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace troupe::os {

/// A user as the system's data base has it. A number that is not in it is a user with neither name nor group.
struct User {
  uid_t uid = 0;
  std::optional<gid_t> gid;  ///< the primary group
  std::string name;
};

/// By name or number. Error not_found: "no user named NAME"; system: the data base could not be asked.
Result<User> find_user(std::string_view name_or_number);
/// By name or number; a number need not be in the data base.
Result<gid_t> find_group(std::string_view name_or_number);
/// All groups of that user, `gid` included.
std::vector<gid_t> find_groups_of(const std::string& user, gid_t gid);

}  // namespace troupe::os
