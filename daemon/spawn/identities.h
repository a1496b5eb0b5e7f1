#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/inputs.h"
#include "lib/base/duration.h"

namespace troupe {

/// Who a child is to be. Nothing = as the daemon.
struct Identity {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::vector<gid_t> groups;                    ///< only with `gid`
  std::optional<core::SpawnFailure> failure{};  ///< then nothing of it counts

  /// A user by a number that the data base does not have, and no group: the group stays the daemon's.
  bool keeps_group() const { return uid && !gid; }
};

/// Looks users and groups up, and remembers the answers, refusals too, for some seconds: the data base may be
/// a server elsewhere, and a hundred processes of one user start in one turn. Bounded.
class Identities {
 public:
  static constexpr Duration kept_for = 5s;
  static constexpr std::size_t most = 64;

  /// As in a SpawnSpec: names or numbers; a user alone brings his group and groups. Stages of failures:
  /// "user", "group". The answer is good until the next call.
  const Identity& find(const std::optional<std::string>& user, const std::optional<std::string>& group,
                       Instant now);

  std::size_t count() const { return known_.size(); }

  /// The first time for a watcher and user, as far as `most` of them are remembered: a warning is in place.
  bool is_news(const std::string& watcher, const std::string& user);

 private:
  struct Known {
    Identity identity;
    Instant until;
  };
  std::map<std::pair<std::optional<std::string>, std::optional<std::string>>, Known> known_;
  std::set<std::pair<std::string, std::string>> told_;
};

}  // namespace troupe
