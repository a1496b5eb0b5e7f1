#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe::os {

/// The addresses, as numbers, that /etc/hosts has for a name, in its order; of localhost also those that are
/// its own everywhere. No name server is asked, so nobody waits.
std::vector<std::string> find_local_host(std::string_view name);

/// The same of a text of hosts(5), for tests.
std::vector<std::string> addresses_of(std::string_view text, std::string_view name);

}  // namespace troupe::os
