#pragma once

#include <string>
#include <unordered_map>

namespace troupe::stats {

/// Names of users by number, each looked up once: the lookup may ask a server over the network, and a reply
/// of `stats` names the same few users a thousand times.
class UserNames {
 public:
  /// How many names are kept; when there are more, all are forgotten and looked up again.
  static constexpr std::size_t limit = 256;

  /// The user's name, or the number as text for one without.
  const std::string& find(unsigned uid);

  std::size_t size() const { return names_.size(); }

 private:
  std::unordered_map<unsigned, std::string> names_;
};

}  // namespace troupe::stats
