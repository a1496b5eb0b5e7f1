#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace troupe::os {

/// What the files of this machine say about users and groups, for where nobody may be waited for: the data
/// base itself (users.h) may be a server that does not answer. Reads /etc/passwd and /etc/group each time.
enum class Known { yes, no, not_said };

/// Whether there is a user or group of that name; a number needs none. `not_said`: not in the file, and
/// /etc/nsswitch.conf names others who may know.
Known find_local_user(std::string_view name_or_number);
Known find_local_group(std::string_view name_or_number);
/// The name of a user, as far as /etc/passwd has him.
std::optional<std::string> local_user_name(uid_t uid);

/// The parts of it that only read a text, for tests. `text`: of passwd(5) or group(5).
bool has_account(std::string_view text, std::string_view name);
std::optional<std::string> name_of_account(std::string_view text, uid_t number);
/// `text`: of nsswitch.conf(5). Whether the files alone say who is in that data base; also when it is not
/// named.
bool files_decide(std::string_view text, std::string_view data_base);

}  // namespace troupe::os
